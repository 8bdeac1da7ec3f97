import {
  type BodyMessage,
  type HeaderLines,
  type ProcessingRequest,
  writeRequest,
} from '../../../support/ext-proc-messages.js';

/** What Envoy says of one request, encoded: each buffer is one or several gRPC messages. */
export interface Script {
  /** Headers; the last twelve characters of the id at `idAt` are of this request alone. */
  readonly headers: Buffer;
  readonly idAt: number;
  /** The body, in as many messages, then the empty one that ends it. */
  readonly body: readonly Buffer[];
}

/** Of a body in one message, as Envoy cuts them: 64 KiB to 1 MiB. */
const CHUNK = 65_536;
const ID = '6e3a2c00-5d1f-4b7a-9c2e-000000000000';
const ID_TAIL = 12;
const FULL_DUPLEX = {
  request: 'FULL_DUPLEX_STREAMED',
  response: 'FULL_DUPLEX_STREAMED',
} as const;
const MODEL = 'org/a-model';
const WORDS = 'the server routes each prompt to where its beginning is cached already and ';

/** As many different conversations, of which some begin alike. */
export function scriptsOf(bytes: number): Script[] {
  const count = Math.max(4, Math.min(64, Math.floor(2 ** 25 / bytes)));
  return Array.from({ length: count }, (_, i) => scriptOf(prompt(bytes, i)));
}

/** What Envoy says of an answer in one piece, and how the answer is told. */
export const RESPONSE: readonly Buffer[] = responseMessages();

/** Writes the tail of a request's id where it lies. */
export function number(script: Script, count: number): void {
  const digits = String(count % 1e12).padStart(ID_TAIL, '0');
  script.headers.write(digits, script.idAt, 'latin1');
}

function prompt(bytes: number, i: number): Buffer {
  const start = `Conversation ${i % 16}: `;
  const end = ` That was all of request ${i}.`;
  const body = (content: string): string =>
    JSON.stringify({
      ...{ model: MODEL, stream: false, max_tokens: 64, temperature: 0.7 },
      messages: [
        { role: 'system', content: 'You answer in one sentence.' },
        { role: 'user', content },
      ],
    });
  const room = Math.max(0, bytes - body(start + end).length);
  const filling = WORDS.repeat(Math.ceil(room / WORDS.length)).slice(0, room);
  return Buffer.from(body(start + filling + end));
}

function scriptOf(body: Buffer): Script {
  const lines: HeaderLines = [
    [':authority', 'gateway.example.com'],
    [':path', '/v1/chat/completions'],
    [':method', 'POST'],
    [':scheme', 'http'],
    ['user-agent', 'OpenAI/Python 2.8.1'],
    ['accept', 'application/json'],
    ['accept-encoding', 'gzip, deflate, br, zstd'],
    ['content-type', 'application/json'],
    ['content-length', String(body.length)],
    ['authorization', `Bearer sk-${'0123456789abcdef'.repeat(3)}`],
    ['x-stainless-lang', 'python'],
    ['x-stainless-package-version', '2.8.1'],
    ['x-stainless-runtime', 'CPython'],
    ['x-forwarded-for', '10.1.2.3'],
    ['x-forwarded-proto', 'http'],
    ['x-request-id', ID],
  ];
  const headers = grpc({
    request_headers: { headers: lines },
    attributes: { 'envoy.filters.http.ext_proc': { 'xds.route_name': 'all' } },
    protocol_config: FULL_DUPLEX,
  });
  const messages: BodyMessage[] = [];
  for (let at = 0; at < body.length; at += CHUNK)
    messages.push({ body: body.subarray(at, at + CHUNK) });
  messages.push({ body: '', end_of_stream: true });
  return {
    headers,
    idAt: headers.indexOf(ID) + ID.length - ID_TAIL,
    body: messages.map((request_body) => grpc({ request_body })),
  };
}

function responseMessages(): Buffer[] {
  const answer = JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1_790_000_000, model: MODEL },
    choices: [
      {
        ...{ index: 0, finish_reason: 'stop' },
        message: { role: 'assistant', content: WORDS.repeat(4) },
      },
    ],
    usage: { prompt_tokens: 256, completion_tokens: 64, total_tokens: 320 },
  });
  const lines: HeaderLines = [
    [':status', '200'],
    ['date', 'Sun, 22 Nov 2026 07:00:00 GMT'],
    ['server', 'uvicorn'],
    ['content-length', String(answer.length)],
    ['content-type', 'application/json'],
    ['x-envoy-upstream-service-time', '42'],
  ];
  return [
    grpc({ response_headers: { headers: lines } }),
    grpc({ response_body: { body: answer } }),
    grpc({ response_body: { body: '', end_of_stream: true } }),
  ];
}

function grpc(request: ProcessingRequest): Buffer {
  const message = writeRequest(request);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
