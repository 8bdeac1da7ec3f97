import type { GenerateApi } from '../../openai/api.js';

/** A prefill's answer is a few hundred bytes; what is longer has something else in it, and is not worth the time. */
const MAX_BYTES = 64 * 1024;

/**
 * Whether a prefill's answer of one token ended by itself (end of sequence, a stop token) and not by its limit: vLLM keeps
 * no KV of it then, and tells nobody. A stop string ends it too late for that, after the limit.
 *
 * @param body the prefiller's whole answer, of status 200 and not streamed
 */
export function endedEarly(api: GenerateApi, body: Buffer): boolean {
  if (body.length > MAX_BYTES) return false;
  let answer: Answer;
  try {
    answer = JSON.parse(body.toString()) as Answer;
  } catch {
    return false;
  }
  switch (api) {
    case 'messages':
      return answer?.stop_reason === 'end_turn';
    case 'responses':
      // vLLM says `completed` of whatever it has no other word for.
      return false;
    default: {
      const choices = answer?.choices;
      if (!Array.isArray(choices) || choices.length !== 1) return false;
      const choice = choices[0] as Choice;
      return choice?.finish_reason === 'stop' && typeof choice.stop_reason !== 'string';
    }
  }
}

type Choice = { readonly finish_reason?: unknown; readonly stop_reason?: unknown } | null;
type Answer = { readonly choices?: unknown; readonly stop_reason?: unknown } | null;
