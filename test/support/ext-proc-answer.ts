import type { ExtProcStream } from './ext-proc-client.js';
import { applyMutation } from './ext-proc-headers.js';
import type { BodyMode, HeaderLines } from './ext-proc-messages.js';

/** An answer of a model server as Envoy has it. */
export interface PlayedAnswer {
  /** Default 200. */
  readonly status?: number;
  /** Default JSON. */
  readonly headers?: HeaderLines;
  /** Sent one after the other, without waiting for what comes back. */
  readonly chunks?: readonly (Buffer | string)[];
  readonly trailers?: HeaderLines;
  /** That the first message told as `response_body_mode`; default FULL_DUPLEX_STREAMED. */
  readonly mode?: BodyMode;
  /** The endpoint that got the request in the end, as Envoy's load balancer tells it. */
  readonly served?: string;
}

/** What the client gets. */
export interface ReceivedAnswer {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/**
 * Plays the response side as Envoy does in its body mode. Trailers, an answer out of order, or one that Envoy would
 * call spurious: as in `playRequest`.
 */
export async function playAnswer(
  stream: ExtProcStream,
  answer: PlayedAnswer = {},
): Promise<ReceivedAnswer> {
  const { chunks = ['{}'], mode = 'FULL_DUPLEX_STREAMED', served } = answer;
  const lines: HeaderLines = [
    [':status', String(answer.status ?? 200)],
    ...(answer.headers ?? ([['content-type', 'application/json']] as const)),
  ];
  const lb = served && { 'x-gateway-destination-endpoint-served': served };
  stream.send({
    response_headers: { headers: lines },
    ...(lb && { metadata: { 'envoy.lb': lb } }),
  });
  const head = await stream.next();
  if (head.kind !== 'response_headers') throw new Error(`spurious answer: ${head.kind}`);
  const headers = applyMutation(new Map(lines), head);
  const sent = chunks.map((chunk) => Buffer.from(chunk));
  if (mode === 'NONE') {
    stream.halfClose();
    return { headers, body: Buffer.concat(sent) };
  }
  const body = mode === 'FULL_DUPLEX_STREAMED' ? duplex : inTurn;
  const received = await body(stream, mode === 'BUFFERED' ? [Buffer.concat(sent)] : sent, answer);
  stream.halfClose();
  return { headers, body: Buffer.concat(received) };
}

async function duplex(
  stream: ExtProcStream,
  sent: readonly Buffer[],
  { trailers }: PlayedAnswer,
): Promise<Buffer[]> {
  for (const body of sent) stream.send({ response_body: { body } });
  if (trailers) stream.send({ response_trailers: trailers });
  else stream.send({ response_body: { body: '', end_of_stream: true } });
  const received: Buffer[] = [];
  for (;;) {
    const { kind, streamed } = await stream.next();
    if (kind === 'response_trailers' && trailers) return received;
    if (kind !== 'response_body' || !streamed) throw new Error(`spurious answer: ${kind}`);
    received.push(streamed.body);
    if (streamed.end_of_stream && !trailers) return received;
  }
}

async function inTurn(
  stream: ExtProcStream,
  sent: readonly Buffer[],
  { trailers }: PlayedAnswer,
): Promise<Buffer[]> {
  const received: Buffer[] = [];
  for (const [at, body] of sent.entries()) {
    const isLast = at === sent.length - 1 && !trailers;
    stream.send({ response_body: { body, end_of_stream: isLast } });
    const answer = await stream.next();
    if (answer.kind !== 'response_body' || answer.streamed) {
      throw new Error(`spurious answer: ${answer.kind}`);
    }
    received.push(answer.body ?? body);
  }
  if (trailers) {
    stream.send({ response_trailers: trailers });
    const { kind } = await stream.next();
    if (kind !== 'response_trailers') throw new Error(`spurious answer: ${kind}`);
  }
  return received;
}
