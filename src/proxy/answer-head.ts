import type { ResponseHead } from './wire/response-head.js';

/** The head of an answer whose length is not known when it begins. */
export function headOfPieces(head: ResponseHead): ResponseHead {
  const headers = withoutLength(head.headers);
  return { ...head, headers, framing: { kind: 'chunked' } };
}

/** @param length of the answer's body in bytes */
export function headOfWhole(head: ResponseHead, length: number): ResponseHead {
  const headers = [...withoutLength(head.headers), 'Content-Length', String(length)];
  return { ...head, headers, framing: { kind: 'length', length } };
}

function withoutLength(headers: readonly string[]): string[] {
  return headers.filter((_, i) => headers[i - (i % 2)]!.toLowerCase() !== 'content-length');
}
