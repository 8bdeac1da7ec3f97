import { connect } from 'node:net';
import { percentile } from '../../report/statistics.js';
import { monotonicMs } from '../../wire/clock.js';
import { MessageReader } from '../../wire/message-reader.js';

/** Requests through a proxy, one after the other on each connection. */
export interface LatencyJob {
  readonly port: number;
  /** Of the body. */
  readonly bytes: number;
  readonly clients: number;
  readonly seconds: number;
}

export interface LatencyResult {
  readonly done: number;
  /** Milliseconds from a request's first byte to its answer's last. */
  readonly p50: number;
  readonly p99: number;
  readonly problems: readonly string[];
}

export async function runLatencies(job: LatencyJob): Promise<LatencyResult> {
  const times: number[] = [];
  const problems: string[] = [];
  await Promise.all(
    Array.from({ length: job.clients }, (_, i) =>
      client(job, request(job.bytes, i), times, problems),
    ),
  );
  times.sort((a, b) => a - b);
  return {
    ...{ done: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
    problems: problems.slice(0, 3),
  };
}

function request(bytes: number, i: number): Buffer {
  const text = (content: string): string =>
    JSON.stringify({ model: 'org/a-model', messages: [{ role: 'user', content }] });
  const start = `Client ${i} says `;
  const body = text(
    start.padEnd(Math.max(start.length, bytes - text('').length), 'the same again '),
  );
  return Buffer.from(
    'POST /v1/chat/completions HTTP/1.1\r\nhost: gateway.example.com\r\ncontent-type: application/json\r\n' +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
}

function client(
  { port, seconds }: LatencyJob,
  bytes: Buffer,
  times: number[],
  problems: string[],
): Promise<void> {
  return new Promise((resolve) => {
    const until = monotonicMs() + seconds * 1000;
    const socket = connect({ port, host: '127.0.0.1' });
    let begun = 0;
    let status = '';
    const ask = (): void => {
      begun = monotonicMs();
      socket.write(bytes);
    };
    const reader = new MessageReader(false, {
      head: (text) => (status = text.slice(9, 12)),
      body: () => undefined,
      end: () => {
        if (status !== '200') problems.push(`status ${status}`);
        times.push(monotonicMs() - begun);
        if (monotonicMs() < until && status === '200') ask();
        else socket.end();
      },
    });
    socket.setNoDelay(true);
    socket.on('connect', ask);
    socket.on('data', (data) => reader.push(data));
    socket.on('error', (error) => problems.push(error.message));
    socket.on('close', () => resolve());
  });
}
