import { nestedObject, valueOf } from '../openai/json-value.js';
import { tryReadObject } from './chat-choice.js';

const BAD_REQUEST = 400;

/**
 * Seen with vLLM 0.32, both with 400: a prompt that is longer than the context, and one that fills it and leaves no token
 * where at least one was asked for.
 */
const FULL = /\bcontext length\b|max_tokens must be at least 1, got 0\b/i;

/**
 * Whether an engine refuses to go on because the prompt and the answer so far fill its context: what ends an answer in one
 * piece with the finish reason `length`.
 */
export function isContextEnd(status: number, body: Buffer): boolean {
  if (status !== BAD_REQUEST) return false;
  const json = tryReadObject(body);
  const error = json && (nestedObject(json, 'error') ?? json);
  if (!error) return false;
  const message = valueOf(error, 'message');
  return typeof message === 'string' && FULL.test(message);
}
