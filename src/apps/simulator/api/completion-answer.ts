import type { End, Token } from '../engine/generation.js';
import type { Prompt } from '../engine/prompt.js';
import { fingerprintAtEnd } from './fingerprint.js';
import type { Choice } from './runner.js';
import type { Sampling } from './sampling.js';

/** What a choice says of how it came about. */
export interface CompletionContext {
  readonly index: number;
  readonly sampling: Sampling;
  /** The prompt whose ids are told, where they are asked for. */
  readonly prompt: Prompt | undefined;
}

/** One element of `choices` of an answer in one piece. @param echo the prompt, where it is repeated */
export function completionChoice(
  choice: Choice,
  { index, sampling, prompt }: CompletionContext,
  echo: string,
): object {
  const { returnTokenIds } = sampling;
  return {
    index,
    text: echo + choice.text,
    logprobs: null,
    finish_reason: choice.finishReason,
    stop_reason: choice.stopReason,
    token_ids: returnTokenIds ? choice.tokenIds : null,
    prompt_logprobs: null,
    prompt_token_ids: returnTokenIds ? (prompt?.ids() ?? null) : null,
    routed_experts: null,
  };
}

/** The members of one event after its head; text is all that changes from token to token. */
export function completionEvent(
  token: Token,
  end: End | undefined,
  { index, sampling, prompt }: CompletionContext,
): string {
  const reason = JSON.stringify(end?.finishReason ?? null);
  const stop = JSON.stringify(end?.stopReason ?? null);
  const ids = sampling.returnTokenIds ? `[${token.id}]` : 'null';
  const promptIds = sampling.returnTokenIds && prompt ? JSON.stringify(prompt.ids()) : 'null';
  const choice = `{"index":${index},"text":${JSON.stringify(token.text)},"logprobs":null,"finish_reason":${reason},"stop_reason":${stop},"prompt_token_ids":${promptIds},"token_ids":${ids}}`;
  return `"choices":[${choice}]${fingerprintAtEnd(end, sampling)}`;
}
