import { connect, type OutgoingHttpHeaders } from 'node:http2';
import type { RawAnswer } from '../../support/raw-answer.js';
import { isFieldValue } from '../values/oracle.js';
import type { Asked } from './ask.js';
import type { SsrfCase } from './case.js';

/** @returns whether a case can be asked for by HTTP/2: it has no connection fields, forms or control characters */
export function fitsHttp2(one: SsrfCase): boolean {
  const isPath = one.path === undefined || /^\/(?!\/)/.test(one.path);
  return (
    isPath &&
    one.setup === undefined &&
    one.config === undefined &&
    !one.why.startsWith('a folded') &&
    one.lines.every((line) => {
      const [name, value] = fieldOf(line);
      return name !== 'connection' && isFieldValue(value) && value.trim() === value;
    })
  );
}

/** Sends a case as one stream of a TLS connection of its own. */
export async function askByHttp2(
  port: number,
  id: string,
  {
    lines,
    method = 'POST',
    path = '/v1/completions',
    body = '{"model":"m","prompt":"x"}',
  }: SsrfCase,
): Promise<Asked> {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  try {
    const stream = session.request({
      ':method': method,
      ':path': path,
      'x-request-id': id,
      'content-type': 'application/json',
      ...fieldsOf(lines),
    });
    stream.end(body);
    const answer = await new Promise<RawAnswer>((resolve, reject) => {
      const parts: Buffer[] = [];
      let head: OutgoingHttpHeaders = {};
      stream.on('response', (headers) => (head = headers));
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('error', reject);
      stream.on('end', () => resolve(answerOf(head, Buffer.concat(parts))));
    });
    return { answer, surplus: undefined };
  } finally {
    session.destroy();
  }
}

function answerOf(head: OutgoingHttpHeaders, body: Buffer): RawAnswer {
  const headers = Object.entries(head).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const status = Number(head[':status'] ?? 0);
  return { statusLine: '', status, headers, body, trailers: [], complete: true, size: 0 };
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  const value = line.slice(colon + 1).replace(/^ /, '');
  return [line.slice(0, colon).toLowerCase(), value];
}

/** Bytes of UTF-8, each as a character; lines of one name together. */
function fieldsOf(lines: readonly string[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const line of lines) {
    const [name, value] = fieldOf(line);
    (fields[name] ??= []).push(Buffer.from(value).toString('latin1'));
  }
  return fields;
}
