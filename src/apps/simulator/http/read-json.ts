import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.js';
import { findingIn, reprText } from './validation.js';

/**
 * Reads a request's body as JSON.
 *
 * @returns undefined for an empty body
 * @throws ApiError 400 for anything that is not `application/json`, 413 above `limit` bytes
 */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const mediaType = (request.headers['content-type'] ?? '').toLowerCase().split(';')[0];
  if (mediaType !== 'application/json') {
    throw ApiError.validation(["Unsupported Media Type: Only 'application/json' is allowed"], null);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) {
      throw new ApiError(413, 'Request Entity Too Large', `The body is longer than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text === '') return undefined;
  try {
    return keepDigits(JSON.parse(text), text);
  } catch (error) {
    throw jsonError(text, error instanceof Error ? error.message : '');
  }
}

const EXACT = ['seed', 'bootstrap_room'] as const;

/** A seed or a room above 2^53 keeps its digits: a proxy that rounds one changes the text, or the room. */
function keepDigits(value: unknown, text: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const digits: Record<string, string> = {};
  for (const name of EXACT) {
    const number = (value as Record<string, unknown>)[name];
    if (typeof number !== 'number' || Number.isSafeInteger(number)) continue;
    const spelled = new RegExp(`"${name}"\\s*:\\s*(-?\\d+)\\s*[,}]`).exec(text)?.[1];
    if (spelled !== undefined) digits[`${name}_digits`] = spelled;
  }
  return Object.keys(digits).length > 0 ? { ...value, ...digits } : value;
}

/** Python's words for what V8 says. */
function jsonError(text: string, message: string): ApiError {
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? firstOffset(text, message));
  const loc = `body.${at}`;
  const ctx = `{'error': ${reprText(pythonWords(message))}}`;
  const input = '<dict of 0 items>';
  return findingIn(ctx, { type: 'json_invalid', loc, msg: 'JSON decode error', input });
}

function firstOffset(text: string, message: string): number {
  return message.includes('end of JSON input') ? text.length : 0;
}

function pythonWords(message: string): string {
  if (message.includes('property name')) return 'Expecting property name enclosed in double quotes';
  if (message.includes("Expected ','")) return "Expecting ',' delimiter";
  if (message.includes("Expected ':'")) return "Expecting ':' delimiter";
  if (message.includes('Unterminated string')) return 'Unterminated string starting at';
  if (message.includes('after JSON')) return 'Extra data';
  return 'Expecting value';
}
