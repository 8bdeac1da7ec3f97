import type { ExtProcStream } from './ext-proc-client.js';
import { applyMutation } from './ext-proc-headers.js';
import type {
  BodyMessage,
  BodyMode,
  HeaderLines,
  ImmediateResponse,
  ProcessingRequest,
  ProcessingResponse,
} from './ext-proc-messages.js';
import type { StructRecord, StructValue } from './protobuf-struct.js';

export const DESTINATION = 'x-gateway-destination-endpoint';
/** The most bytes of a body that one answer may hold: some proxies take no more than 64 KiB a message. */
const MOST_BODY_BYTES = 62_000;

/** An HTTP request as Envoy has it. */
export interface PlayedRequest {
  /** Default POST, GET without a body. */
  readonly method?: string;
  readonly path?: string;
  readonly headers?: HeaderLines;
  /** Objects are sent as JSON; without it the headers end the stream. */
  readonly body?: Buffer | string | object;
  /** Bytes a chunk; default all in one. */
  readonly chunk?: number;
  readonly trailers?: HeaderLines;
  /** `request_body_mode`, default FULL_DUPLEX_STREAMED. */
  readonly mode?: BodyMode;
  /** `response_body_mode`, default that of the request. */
  readonly responseMode?: BodyMode;
  /** The first message carries no `protocol_config`. */
  readonly untold?: boolean;
  /** `metadata_context` of the first message. */
  readonly metadata?: Readonly<Record<string, StructRecord>>;
  readonly attributes?: Readonly<Record<string, StructRecord>>;
}

/** What comes out of Envoy for the model server. */
export interface PlayedDecision {
  /** What the client gets instead; then the rest says how far it came. */
  readonly immediate: ImmediateResponse | undefined;
  /** The header of the decision. */
  readonly endpoint: string | undefined;
  /** The same as dynamic metadata. */
  readonly metadata: StructValue | undefined;
  /** What the model server sees; names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** All answers, in their order. */
  readonly answers: readonly ProcessingResponse[];
}

/**
 * Plays the request side of one HTTP request as Envoy does in its body mode, and holds the service to Envoy's rules:
 * an answer out of order, or one that Envoy would call spurious, throws.
 */
export async function playRequest(
  stream: ExtProcStream,
  request: PlayedRequest,
): Promise<PlayedDecision> {
  const play = new RequestPlay(stream, request);
  await play.run();
  return play.decision();
}

class RequestPlay {
  private readonly answers: ProcessingResponse[] = [];
  private readonly bytes: Buffer[] = [];
  private readonly sent: Buffer;
  private readonly lines: HeaderLines;
  private immediate: ImmediateResponse | undefined;

  constructor(
    private readonly stream: ExtProcStream,
    private readonly request: PlayedRequest,
  ) {
    const { body = '', method, path = '/v1/chat/completions' } = request;
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
    this.sent = Buffer.from(isJson ? JSON.stringify(body) : (body as string));
    const hasBody = request.body !== undefined;
    this.lines = [
      [':method', method ?? (hasBody ? 'POST' : 'GET')],
      [':path', path],
      [':scheme', 'http'],
      [':authority', 'gateway.test'],
      ...(hasBody ? ([['content-length', String(this.sent.length)]] as const) : []),
      ...(isJson ? ([['content-type', 'application/json']] as const) : []),
      ...(request.headers ?? []),
    ];
  }

  async run(): Promise<void> {
    const { mode = 'FULL_DUPLEX_STREAMED', body } = this.request;
    this.stream.send(this.head());
    if (body === undefined) {
      await this.answered('request_headers');
      return;
    }
    if (mode === 'FULL_DUPLEX_STREAMED') return this.duplex();
    if (!(await this.answered('request_headers'))) return;
    if (mode === 'NONE') {
      this.bytes.push(this.sent);
      return;
    }
    const chunks = mode === 'STREAMED' ? this.chunks() : [{ body: this.sent, end_of_stream: true }];
    for (const chunk of chunks) {
      this.stream.send({ request_body: chunk });
      if (!(await this.answered('request_body', Buffer.from(chunk.body)))) return;
    }
    await this.trailers();
  }

  decision(): PlayedDecision {
    const headers = this.answers.reduce(
      (seen, answer) => (answer.kind === 'request_trailers' ? seen : applyMutation(seen, answer)),
      new Map(this.lines.map(([name, value]) => [name.toLowerCase(), value])),
    );
    const metadata = Object.assign(
      {},
      ...this.answers.map(({ dynamicMetadata }) => dynamicMetadata['envoy.lb'] ?? {}),
    ) as StructRecord;
    return {
      immediate: this.immediate,
      endpoint: headers.get(DESTINATION),
      metadata: metadata[DESTINATION],
      headers,
      body: Buffer.concat(this.bytes),
      answers: this.answers,
    };
  }

  private async duplex(): Promise<void> {
    for (const chunk of this.chunks()) this.stream.send({ request_body: chunk });
    if (this.request.trailers) this.stream.send({ request_trailers: this.request.trailers });
    if (!(await this.answered('request_headers'))) return;
    for (;;) {
      const answer = await this.take();
      if (answer.kind === 'immediate_response') return;
      if (answer.kind === 'request_trailers' && this.request.trailers) return;
      if (answer.kind !== 'request_body') throw new Error(`spurious answer: ${answer.kind}`);
      const { streamed } = answer;
      if (!streamed) throw new Error('spurious answer: a body that is no streamed_response');
      if (streamed.body.length > MOST_BODY_BYTES) throw new Error(`${streamed.body.length} bytes`);
      this.bytes.push(streamed.body);
      if (streamed.end_of_stream && !this.request.trailers) return;
    }
  }

  private async trailers(): Promise<void> {
    if (!this.request.trailers) return;
    this.stream.send({ request_trailers: this.request.trailers });
    await this.answered('request_trailers');
  }

  /** @returns whether the answer was of this kind, not an immediate one */
  private async answered(kind: string, body?: Buffer): Promise<boolean> {
    const answer = await this.take();
    if (answer.kind === 'immediate_response') return false;
    if (answer.kind !== kind) throw new Error(`spurious answer: ${answer.kind} for ${kind}`);
    if (body && answer.streamed) throw new Error('spurious answer: streamed_response');
    if (body) this.bytes.push(answer.clearBody ? Buffer.alloc(0) : (answer.body ?? body));
    return true;
  }

  private async take(): Promise<ProcessingResponse> {
    const answer = await this.stream.next();
    this.answers.push(answer);
    this.immediate ??= answer.immediate;
    return answer;
  }

  private head(): ProcessingRequest {
    const { mode = 'FULL_DUPLEX_STREAMED', metadata, attributes, untold } = this.request;
    const response = this.request.responseMode ?? mode;
    return {
      request_headers: { headers: this.lines, end_of_stream: this.request.body === undefined },
      ...(metadata && { metadata }),
      ...(attributes && { attributes }),
      ...(!untold && { protocol_config: { request: mode, response } }),
    };
  }

  /** As Envoy does it, the last one is empty; before trailers none ends the stream. */
  private chunks(): BodyMessage[] {
    const { chunk = Math.max(1, this.sent.length), trailers } = this.request;
    const count = Math.ceil(this.sent.length / chunk);
    const chunks: BodyMessage[] = Array.from({ length: count }, (_, at) => ({
      body: this.sent.subarray(at * chunk, (at + 1) * chunk),
    }));
    if (!trailers) chunks.push({ body: '', end_of_stream: true });
    return chunks;
  }
}
