import type { RawAnswer } from '../../support/raw-answer.js';
import { RawClient, until } from '../../support/raw-client.js';
import type { SsrfCase } from './case.js';

/** What came back on one connection. */
export interface Asked {
  readonly answer: RawAnswer;
  /** What is wrong with the number of answers; undefined when there is exactly one. */
  readonly surplus: string | undefined;
}

const HEALTH = 'GET /health HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n\r\n';

/**
 * Sends a request and, right behind it, a second one of which the answer is known: between the two answers nothing
 * may stand.
 */
export async function askOnce(port: number, bytes: Buffer, within = 40_000): Promise<Asked> {
  const client = await RawClient.connect(port);
  try {
    client.write(Buffer.concat([bytes, Buffer.from(HEALTH)]));
    const answer = await client.answer({ within });
    return { answer, surplus: await restOf(client, answer) };
  } finally {
    client.destroy();
  }
}

async function restOf(client: RawClient, first: RawAnswer): Promise<string | undefined> {
  if (!first.complete) return 'the answer is not complete';
  const closes = first.headers.some(
    ([name, value]) => name.toLowerCase() === 'connection' && value.toLowerCase() === 'close',
  );
  if (!closes) {
    const second = await client.answer({ within: 10_000 });
    if (second.status !== 200 || second.body.length > 200) {
      return `after the answer came another one: ${second.statusLine}`;
    }
  }
  await until(() => client.ending !== undefined, 10_000);
  const rest = client.received.toString('latin1');
  return rest === '' ? undefined : `after the answer came ${JSON.stringify(rest.slice(0, 200))}`;
}

/** The bytes of a request with an id, a length and these lines. */
export function messageOf(
  id: string,
  lines: readonly string[],
  more: Pick<SsrfCase, 'method' | 'path' | 'body'> = {},
): Buffer {
  const { method = 'POST', path = '/v1/completions', body = '{"model":"m","prompt":"x"}' } = more;
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: sidecar',
    `x-request-id: ${id}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...lines,
    '',
    body,
  ];
  return Buffer.from(head.join('\r\n'));
}
