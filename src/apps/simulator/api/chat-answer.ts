import type { End, Token } from '../engine/generation.js';
import type { Prompt } from '../engine/prompt.js';
import { randomId } from '../http/exchange.js';
import { fingerprintAtEnd, SYSTEM_FINGERPRINT } from './fingerprint.js';
import type { Choice } from './runner.js';
import type { Sampling } from './sampling.js';
import type { ForcedCall } from './tool-call.js';
import { RunningUsage } from './usage.js';

/** What all events of an answer share. */
export interface ChatHead {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
}

/** A chat to be answered. */
export interface ChatWork {
  readonly head: ChatHead;
  readonly prompt: Prompt;
  readonly sampling: Sampling;
  /** The tool call that is asked for instead of text. */
  readonly call: ForcedCall | undefined;
}

/** One element of `choices` of an answer in one piece. */
export function chatChoice(choice: Choice, index: number, work: ChatWork): object {
  const { sampling, call } = work;
  const message = {
    role: 'assistant',
    content: call ? null : choice.text,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    ...(call && { tool_calls: [toolCall(call, choice.text)] }),
    reasoning: null,
  };
  return {
    index,
    message,
    logprobs: null,
    finish_reason: finishReason(choice, call),
    stop_reason: choice.stopReason,
    token_ids: sampling.returnTokenIds ? choice.tokenIds : null,
    routed_experts: null,
  };
}

/** Words the events of a streamed chat. */
export class ChatStream {
  private readonly start: string;
  private readonly running: RunningUsage;
  private readonly calls = new Set<number>();
  private readonly prompt: Prompt;
  private readonly sampling: Sampling;
  private readonly call: ForcedCall | undefined;

  constructor(work: ChatWork) {
    const { id, created, model } = work.head;
    this.prompt = work.prompt;
    this.sampling = work.sampling;
    this.call = work.call;
    const members = { id, object: 'chat.completion.chunk', created, model };
    this.start = JSON.stringify(members).slice(0, -1);
    this.running = new RunningUsage([work.prompt], work.sampling);
  }

  /** The events before the first token: one an answer, which says who speaks. */
  opening(): string[] {
    const ids = this.sampling.returnTokenIds ? JSON.stringify(this.prompt.ids()) : 'null';
    return Array.from({ length: this.sampling.n }, (_, index) => {
      const choice = `{"index":${index},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}`;
      return `${this.start},"choices":[${choice}]${this.running.current},"prompt_token_ids":${ids},"prompt_text":null}`;
    });
  }

  token(token: Token, end: End | undefined, index: number): string {
    const delta = this.call
      ? this.callDelta(this.call, token, index)
      : `{"content":${JSON.stringify(token.text)}}`;
    const ids = this.sampling.returnTokenIds ? `[${token.id}]` : 'null';
    const reason = end
      ? `"finish_reason":"${finishReason(end, this.call)}","stop_reason":${JSON.stringify(end.stopReason)}`
      : '"finish_reason":null';
    const choice = `{"index":${index},"delta":${delta},"logprobs":null,${reason},"token_ids":${ids}}`;
    const tail = fingerprintAtEnd(end, this.sampling);
    return `${this.start},"choices":[${choice}]${tail}${this.running.next()}}`;
  }

  usage(usage: object): string {
    const members = { choices: [], usage, system_fingerprint: SYSTEM_FINGERPRINT };
    return `${this.start},${JSON.stringify(members).slice(1)}`;
  }

  /** The function's name comes once, its arguments in pieces. */
  private callDelta(call: ForcedCall, token: Token, index: number): string {
    const isFirst = !this.calls.has(index);
    this.calls.add(index);
    const piece = isFirst
      ? { ...toolCall(call, token.text), index: 0 }
      : { index: 0, function: { arguments: token.text } };
    return JSON.stringify({ ...(isFirst && { content: null }), tool_calls: [piece] });
  }
}

function toolCall({ tool }: ForcedCall, text: string): object {
  const id = `chatcmpl-tool-${randomId()}`;
  return { id, type: 'function', function: { name: tool.name, arguments: text } };
}

function finishReason({ finishReason: reason }: End, call: ForcedCall | undefined): string {
  return call && !call.isNamed && reason === 'stop' ? 'tool_calls' : reason;
}
