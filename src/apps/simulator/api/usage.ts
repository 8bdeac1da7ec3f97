import type { Prompt } from '../engine/prompt.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import type { Choice } from './runner.js';
import type { Sampling } from './sampling.js';

/** Token counts of an answer. */
export interface Counts {
  readonly prompt: number;
  readonly completion: number;
  /** Undefined where the server does not tell. */
  readonly cached: number | undefined;
}

export function countsOf(
  prompts: readonly Prompt[],
  choices: readonly Choice[],
  config: SimulatorConfig,
): Counts {
  return {
    prompt: prompts.reduce((sum, { tokens }) => sum + tokens, 0),
    completion: choices.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0),
    cached: config.enablePromptTokensDetails ? (choices[0]?.cachedTokens ?? 0) : undefined,
  };
}

/** `usage` of an answer in one piece: all members, absent ones as null. */
export function fullUsage({ prompt, completion, cached }: Counts): object {
  const details =
    cached === undefined
      ? null
      : { cached_tokens: cached, created_cache_tokens: null, multimodal_tokens: null };
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    prompt_tokens_details: details,
    completion_tokens_details: null,
  };
}

/** `usage` of a stream's last event: without members that are null. */
export function streamUsage({ prompt, completion, cached }: Counts): object {
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

/** `usage` in every event of a stream, where `continuous_usage_stats` asks for it. */
export class RunningUsage {
  private readonly prompt: number;
  private completion = 0;

  constructor(
    prompts: readonly Prompt[],
    private readonly sampling: Sampling,
  ) {
    this.prompt = prompts.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  /** The member for the events before the first token, with its comma, or ''. */
  get current(): string {
    if (!this.sampling.continuousUsage) return '';
    const { prompt, completion } = this;
    return `,"usage":{"prompt_tokens":${prompt},"total_tokens":${prompt + completion},"completion_tokens":${completion},"completion_tokens_details":null}`;
  }

  /** The same after one more token. */
  next(): string {
    this.completion++;
    return this.current;
  }
}
