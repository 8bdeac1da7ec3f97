import type { IncomingMessage } from 'node:http';

/** @returns the coding that hides a request's body; undefined when its bytes are the content itself */
export function contentCodingOf({ headers }: IncomingMessage): string | undefined {
  const coding = headers['content-encoding'];
  return coding === undefined || coding.trim().toLowerCase() === 'identity' ? undefined : coding;
}
