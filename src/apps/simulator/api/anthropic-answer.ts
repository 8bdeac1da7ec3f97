import type { Prompt } from '../engine/prompt.js';
import type { EventStream } from '../http/event-stream.js';
import { randomId } from '../http/exchange.js';
import type { Choice } from './runner.js';
import type { ForcedCall } from './tool-call.js';
import type { Counts } from './usage.js';

/** A message to be answered. */
export interface MessageWork {
  readonly id: string;
  readonly model: string;
  readonly prompt: Prompt;
  /** The tool call that is asked for instead of text. */
  readonly call: ForcedCall | undefined;
}

/** The answer of the messages API in one piece. */
export function messageObject(
  { id, model, call }: MessageWork,
  choice: Choice,
  counts: Counts,
): object {
  const block = call
    ? { type: 'tool_use', id: toolUseId(), name: call.tool.name, input: parsed(choice.text) }
    : { type: 'text', text: choice.text };
  const { stop_reason, stop_sequence } = stopOf(choice, call);
  return {
    id,
    type: 'message',
    role: 'assistant',
    content: [block],
    model,
    stop_reason,
    ...(stop_sequence !== null && { stop_sequence }),
    usage: usageOf(counts),
    ...(choice.kvTransferParams && { kv_transfer_params: choice.kvTransferParams }),
    ...(choice.ecTransferParams && { ec_transfer_params: choice.ecTransferParams }),
  };
}

/** Words the events of a streamed message. */
export class MessageStream {
  private isOpen = false;

  constructor(
    private readonly work: MessageWork,
    private readonly events: EventStream,
  ) {}

  token(text: string): void {
    if (!this.isOpen) this.open();
    const delta = this.work.call
      ? { type: 'input_json_delta', partial_json: text }
      : { type: 'text_delta', text };
    this.send('content_block_delta', { delta, index: 0 });
  }

  finish(choice: Choice, counts: Counts): void {
    this.send('content_block_stop', { index: 0 });
    this.send('message_delta', { delta: stopOf(choice, this.work.call), usage: usageOf(counts) });
    this.send('message_stop', {});
    this.events.end();
  }

  private open(): void {
    this.isOpen = true;
    const message = {
      id: this.work.id,
      type: 'message',
      role: 'assistant',
      content: [],
      model: this.work.model,
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: this.work.prompt.tokens, output_tokens: 0 },
    };
    this.send('message_start', { message });
    const block = this.work.call
      ? { type: 'tool_use', id: toolUseId(), name: this.work.call.tool.name, input: {} }
      : { type: 'text', text: '' };
    this.send('content_block_start', { content_block: block, index: 0 });
  }

  private send(type: string, members: object): void {
    this.events.send(JSON.stringify({ type, ...members }), type);
  }
}

function toolUseId(): string {
  return `chatcmpl-tool-${randomId()}`;
}

function stopOf(
  choice: Choice,
  call: ForcedCall | undefined,
): { stop_reason: string; stop_sequence: string | null } {
  if (choice.finishReason === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
  if (call) return { stop_reason: 'tool_use', stop_sequence: null };
  const sequence = choice.stopReason;
  return { stop_reason: sequence === null ? 'end_turn' : 'stop_sequence', stop_sequence: sequence };
}

function usageOf({ prompt, completion, cached }: Counts): object {
  return {
    input_tokens: prompt,
    output_tokens: completion,
    ...(cached !== undefined && {
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: cached,
    }),
  };
}

/** Arguments that a limit cut short are no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
