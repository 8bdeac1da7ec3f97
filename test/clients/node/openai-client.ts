import OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import type { Target } from '../check.js';

/** The client as its users make it: a base URL, and the prefiller in a default header. */
export function openAi(target: Target, options: ClientOptions = {}): OpenAI {
  return new OpenAI({
    baseURL: `${target.url}/v1`,
    apiKey: 'none',
    // A request that works at the second try only does not work.
    maxRetries: 0,
    defaultHeaders: { 'x-prefiller-host-port': target.prefiller },
    ...options,
  });
}
