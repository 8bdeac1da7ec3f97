import { randomId } from '../http/exchange.js';
import type { JsonBody } from '../http/validation.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import type { Choice } from './runner.js';
import type { Counts } from './usage.js';

/** What an answer of the responses API consists of: here always one item. */
export type OutputItem =
  | { readonly kind: 'message'; readonly id: string; readonly text: string }
  | {
      readonly kind: 'call';
      readonly id: string;
      readonly callId: string;
      readonly name: string;
      readonly text: string;
    };

/** The object that a response is, at its beginning and at its end. */
export class ResponseObject {
  readonly id = `resp_${randomId()}`;
  private readonly created = Math.floor(Date.now() / 1000);

  constructor(
    private readonly body: JsonBody,
    private readonly config: SimulatorConfig,
  ) {}

  begun(): object {
    return this.with('in_progress', [], null, null);
  }

  finished(choice: Choice, item: OutputItem, counts: Counts): object {
    const isCut = choice.finishReason === 'length';
    const usage = {
      input_tokens: counts.prompt,
      input_tokens_details: {
        cached_tokens: counts.cached ?? 0,
        cache_write_tokens: 0,
        input_tokens_per_turn: [],
        cached_tokens_per_turn: [],
      },
      output_tokens: counts.completion,
      output_tokens_details: {
        reasoning_tokens: 0,
        tool_output_tokens: 0,
        output_tokens_per_turn: [],
        tool_output_tokens_per_turn: [],
      },
      total_tokens: counts.prompt + counts.completion,
    };
    const output = [itemObject(item, 'completed')];
    return this.with(isCut ? 'incomplete' : 'completed', output, usage, choice);
  }

  private with(
    status: 'in_progress' | 'completed' | 'incomplete',
    output: readonly object[],
    usage: object | null,
    choice: Pick<Choice, 'kvTransferParams' | 'ecTransferParams'> | null,
  ): object {
    const { body, config } = this;
    return {
      id: this.id,
      created_at: this.created,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      instructions: body['instructions'] ?? null,
      metadata: body['metadata'] ?? null,
      model: config.model,
      object: 'response',
      output,
      parallel_tool_calls: body['parallel_tool_calls'] ?? true,
      temperature: body['temperature'] ?? 1,
      tool_choice: body['tool_choice'] ?? 'none',
      tools: body['tools'] ?? [],
      top_p: body['top_p'] ?? 1,
      background: false,
      max_output_tokens: body['max_output_tokens'] ?? config.maxModelLen,
      max_tool_calls: null,
      previous_response_id: null,
      prompt: null,
      reasoning: null,
      service_tier: 'auto',
      status,
      text: null,
      top_logprobs: null,
      truncation: 'disabled',
      usage,
      user: body['user'] ?? null,
      presence_penalty: body['presence_penalty'] ?? 0,
      frequency_penalty: body['frequency_penalty'] ?? 0,
      kv_transfer_params: choice?.kvTransferParams ?? null,
      ec_transfer_params: choice?.ecTransferParams ?? null,
      input_messages: null,
      output_messages: null,
    };
  }
}

export function itemObject(item: OutputItem, status: 'in_progress' | 'completed'): object {
  if (item.kind === 'call') {
    const { id, callId, name, text } = item;
    return { arguments: text, call_id: callId, name, type: 'function_call', id, status };
  }
  const isDone = status === 'completed';
  const content = isDone ? [textPart(item.text, null)] : [];
  return { id: item.id, content, role: 'assistant', status, type: 'message', phase: null };
}

export function textPart(text: string, logprobs: [] | null): object {
  return { annotations: [], text, type: 'output_text', logprobs };
}
