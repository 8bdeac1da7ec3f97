/** One client connection's bytes and what a proxy may make of them. */
export interface RequestCase {
  readonly group: string;
  readonly name: string;
  /** latin1 */
  readonly bytes: string;
  /**
   * `refuse`: nothing of it may reach the engine. `pass`: it must arrive and be answered. Left out: either,
   * as long as nobody is poisoned.
   */
  readonly must?: 'refuse' | 'pass';
  /** Looks at what arrived, where `pass` alone says too little; returns what is wrong. */
  readonly arrived?: (seen: SeenRequest) => string | undefined;
  /** Looks at all that the client received for it (text in latin1). */
  readonly answered?: (received: string) => string | undefined;
}

/** What the engine received, with names in lower case. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

export const CRLF = '\r\n';
export const HOST = 'Host: engine.test\r\n';

/** What an attacker hides in a body; an engine that sees it as a request was tricked. */
export const SMUGGLED = `GET /smuggled HTTP/1.1${CRLF}${HOST}${CRLF}`;

/** A request of its own behind a message whose end is in doubt. */
export const AFTER = `GET /after HTTP/1.1${CRLF}${HOST}${CRLF}`;

/** @param lines each with its CRLF */
export function request(line: string, lines: string, body = ''): string {
  return `${line} HTTP/1.1${CRLF}${HOST}${lines}${CRLF}${body}`;
}

/** A POST whose Content-Length covers the smuggled request and whose chunks end before it. */
export function lengthCovers(coding: string, length = 'Content-Length: {n}\r\n'): string {
  const body = `0${CRLF}${CRLF}${SMUGGLED}`;
  const lines = length.replace('{n}', String(body.length)) + coding;
  return request('POST /case', lines, body);
}

/** A POST whose chunks cover the smuggled request and whose Content-Length ends before it. */
export function chunksCover(coding: string, length = 'Content-Length: {n}\r\n'): string {
  const size = SMUGGLED.length.toString(16);
  const body = `${size}${CRLF}${SMUGGLED}${CRLF}0${CRLF}${CRLF}`;
  const lines = coding + length.replace('{n}', String(size.length + 2));
  return request('POST /case', lines, body);
}
