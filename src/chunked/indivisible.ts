import type { JsonObject } from '../openai/json-object.js';
import { valueOf } from '../openai/json-value.js';

/** Whether a value, parsed, keeps an answer in one piece. */
type Test = (value: unknown, body: JsonObject) => boolean;

const isGiven: Test = (value) =>
  value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
const isNot =
  (harmless: unknown): Test =>
  (value) =>
    value !== null && value !== harmless;

/**
 * Members of a chat request that mean the answer as a whole, by what they have in common. docs/chunked-decode.md gives the
 * reasons; what is not named here is said anew in every request and means the same there.
 */
const TESTS: readonly (readonly [reason: string, names: readonly string[], test: Test])[] = [
  ['several answers', ['n', 'best_of'], isNot(1)],
  ['beam search', ['use_beam_search'], isGiven],
  ['tools', ['tools', 'functions'], mayCall],
  ['a format of the whole answer', ['response_format'], asksForFormat],
  [
    'a grammar of the whole answer',
    [
      ...['structured_outputs', 'guided_json', 'guided_regex', 'guided_choice', 'guided_grammar'],
      ...['regex', 'ebnf', 'json_schema'],
    ],
    isGiven,
  ],
  ['what is told token by token', ['logprobs', 'return_token_ids', 'logprob_token_ids'], isGiven],
  ['what is told of the prompt', ['prompt_logprobs', 'return_prompt_text', 'echo'], isGiven],
  ['text that may stand across a border', ['stop'], mayStraddle],
  ['text that may stand across a border', ['bad_words'], isGiven],
  ['counts over the answer', ['frequency_penalty', 'presence_penalty'], isNot(0)],
  ['counts over the answer', ['repetition_detection', 'watermarking'], isGiven],
  ['reasoning that is not shown', ['include_reasoning'], isNot(true)],
  ['reasoning', ['thinking_token_budget'], isGiven],
  ['a prompt that is cut', ['truncate_prompt_tokens'], isGiven],
  ['extensions of the engine', ['vllm_xargs'], isGiven],
];

/**
 * @param body of a chat request
 * @returns the member for which its answer must come out of one request, with the reason; undefined when there is none
 */
export function indivisibleBy(body: JsonObject): string | undefined {
  const present = new Set(body.members.map(({ name }) => name));
  for (const [reason, names, test] of TESTS) {
    for (const name of names) {
      if (present.has(name) && test(valueOf(body, name), body)) return `${name}: ${reason}`;
    }
  }
  return undefined;
}

/** Calls are put together from the text of a whole answer. */
function mayCall(value: unknown, body: JsonObject): boolean {
  return isGiven(value, body) && valueOf(body, 'tool_choice') !== 'none';
}

function asksForFormat(value: unknown): boolean {
  return value !== null && (value as { type?: unknown } | undefined)?.type !== 'text';
}

/** A single character stands on one side of any border. */
function mayStraddle(value: unknown): boolean {
  const texts: unknown[] = Array.isArray(value) ? value : value === null ? [] : [value];
  return texts.some((text) => typeof text !== 'string' || [...text].length > 1);
}
