/** How an engine answers one request. */
export interface AnswerCase {
  readonly group: string;
  readonly name: string;
  /** Written one after the other, latin1. */
  readonly pieces: readonly string[];
  /** Milliseconds between pieces; 0 leaves it to the kernel to join them. */
  readonly gapMs?: number;
  readonly then: 'keep' | 'fin' | 'rst';
  readonly method?: 'GET' | 'HEAD';
  /**
   * `broken`: the client must not take what it gets for a whole answer. `refused`: the same, but nobody is harmed
   * by a proxy that mends it. `whole`: the answer is sound and arrives.
   * `either`: both are right, as long as nobody else is harmed.
   */
  readonly expect: 'broken' | 'refused' | 'whole' | 'either';
}

/** What no client may ever see: an answer that nobody asked for. */
export const FOREIGN =
  'HTTP/1.1 200 OK\r\nX-Probe-Echo: FOREIGN\r\nContent-Length: 7\r\n\r\nFOREIGN';

export const OK = 'HTTP/1.1 200 OK\r\n';

/** @param lines each with its CRLF */
export function answer(lines: string, body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${lines}\r\n${body}`;
}

export function sized(body: string, lines = ''): string {
  return answer(`${lines}Content-Length: ${body.length}\r\n`, body);
}

/** Two chunks and, behind them, `end`. */
export function chunked(body: string, end = '0\r\n\r\n', lines = ''): string {
  const half = body.length >> 1;
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const chunks = chunk(body.slice(0, half)) + chunk(body.slice(half));
  return answer(`${lines}Transfer-Encoding: chunked\r\n`, chunks + end);
}
