import type { EngineBehaviour } from './fake-engine.js';

/** What an engine of chats is asked. */
export interface AskedChat {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly stream?: boolean;
  readonly stream_options?: {
    readonly include_usage?: boolean;
    readonly continuous_usage_stats?: boolean;
  };
  readonly continue_final_message?: boolean;
}

/** What it says, token by token; it says all of it unless its limit ends it. */
export interface Script {
  readonly tokens: readonly string[];
  /** Tokens of the prompt. */
  readonly prompt?: number;
}

/** The token that ends an answer has no text. */
const END = '';
const USAGE_DETAILS = { cached_tokens: 3 };

/**
 * An engine of chats in vLLM's shapes, as a model is: what it says next follows from what stands before. It finds out
 * by the last message how much of its script was said.
 */
export function chatEngine({ tokens: words, prompt = 7 }: Script): EngineBehaviour {
  const tokens = [...words, END];
  let count = 0;
  return (response, { body, headers }) => {
    const asked = JSON.parse(body.toString()) as AskedChat;
    const said = asked.continue_final_message ? saidIn(words, asked) : 0;
    const limit = asked.max_completion_tokens ?? asked.max_tokens ?? tokens.length;
    const rest = tokens.slice(said, said + limit);
    const answer: Answer = {
      head: { id: `chatcmpl-${String(headers['x-request-id'])}`, created: 1000 + count++ },
      tokens: rest,
      finish: said + rest.length < tokens.length ? 'length' : 'stop',
      usage: (generated) => ({
        prompt_tokens: prompt + said,
        total_tokens: prompt + said + generated,
        completion_tokens: generated,
      }),
    };
    if (asked.stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (const event of eventsOf(answer, asked)) response.write(`data: ${event}\n\n`);
      response.end();
    } else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(wholeOf(answer));
    }
  };
}

interface Answer {
  readonly head: { readonly id: string; readonly created: number };
  readonly tokens: readonly string[];
  readonly finish: string;
  readonly usage: (generated: number) => object;
}

function saidIn(tokens: readonly string[], { messages }: AskedChat): number {
  const text = messages.at(-1)!.content;
  for (let count = tokens.length; count > 0; count--) {
    const isSaid =
      text.endsWith(tokens[count - 1]!) && text.endsWith(tokens.slice(0, count).join(''));
    if (isSaid) return count;
  }
  return 0;
}

function wholeOf({ head, tokens, finish, usage }: Answer): string {
  const { id, created } = head;
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: tokens.join(''), reasoning: null },
        logprobs: null,
        finish_reason: finish,
        stop_reason: null,
      },
    ],
    usage: { ...usage(tokens.length), prompt_tokens_details: USAGE_DETAILS },
    kv_transfer_params: null,
  });
}

function* eventsOf(answer: Answer, asked: AskedChat): Generator<string> {
  const { head, tokens, finish, usage } = answer;
  const { include_usage: counts, continuous_usage_stats: always } = asked.stream_options ?? {};
  const event = (choices: object[], more: object = {}): string =>
    JSON.stringify({ ...head, object: 'chat.completion.chunk', model: 'm', choices, ...more });
  const running = (count: number): object => (always ? { usage: usage(count) } : {});
  const opening = { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null };
  yield event([opening], running(0));
  for (const [at, content] of tokens.entries()) {
    const isLast = at === tokens.length - 1;
    const end = isLast ? { finish_reason: finish, stop_reason: null } : { finish_reason: null };
    yield event([{ index: 0, delta: { content }, logprobs: null, ...end }], running(at + 1));
  }
  const details = { prompt_tokens_details: USAGE_DETAILS };
  if (counts) yield event([], { usage: { ...usage(tokens.length), ...details } });
  yield '[DONE]';
}
