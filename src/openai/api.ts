/**
 * The APIs whose requests are disaggregated, by the path that clients call.
 *
 * Sources: OpenAI's chat, completions and responses APIs, Anthropic's messages API and vLLM's
 * token-in token-out API, all as vLLM serves them.
 */
export type GenerateApi =
  'chat_completions' | 'completions' | 'responses' | 'messages' | 'generate';

const API_BY_PATH: ReadonlyMap<string, GenerateApi> = new Map([
  ['/v1/chat/completions', 'chat_completions'],
  ['/v1/completions', 'completions'],
  ['/v1/responses', 'responses'],
  ['/v1/messages', 'messages'],
  ['/inference/v1/generate', 'generate'],
]);

/** Every path of {@link GenerateApi}; compared byte for byte, no normalising. */
export const GENERATE_PATHS: readonly string[] = [...API_BY_PATH.keys()];

/** @returns the API that a POST to this path (without its query) calls, if it is one of ours */
export function generateApiOf(path: string): GenerateApi | undefined {
  return API_BY_PATH.get(path);
}
