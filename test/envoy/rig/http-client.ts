import { once } from 'node:events';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { connect, type IncomingHttpHeaders } from 'node:http2';

const PATIENCE_MS = 30_000;

/** A request of a client. */
export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON; strings and bytes as they are. */
  readonly body?: string | Buffer | object | undefined;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** What the client got. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: Readonly<Record<string, unknown>>;
}

/** A request body that any model server takes. */
export const CHAT = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] };

/** Asks over HTTP/1.1, on a connection of its own. @throws Error when the answer is cut */
export async function ask(url: string, asked: Ask = {}): Promise<Answer> {
  const response = await open(url, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { statusCode = 0, headers, trailers } = response;
  return { status: statusCode, headers, body, text: body.toString(), trailers };
}

/** @returns the answer when its head is there; its body is still to be read */
export async function open(url: string, asked: Ask = {}): Promise<IncomingMessage> {
  const { path = '/v1/chat/completions', trailers } = asked;
  const { body, type } = bytesOf(asked.body);
  const request = requestHttp(`${url}${path}`, {
    method: asked.method ?? (body ? 'POST' : 'GET'),
    agent: false,
    headers: {
      ...(type && { 'content-type': type }),
      ...(body && !trailers && { 'content-length': String(body.length) }),
      ...(trailers && { 'transfer-encoding': 'chunked', trailer: Object.keys(trailers).join() }),
      ...asked.headers,
    },
  });
  request.setTimeout(PATIENCE_MS, () => request.destroy(new Error('no answer in 30 s')));
  if (trailers) {
    request.write(body);
    request.addTrailers(trailers);
    request.end();
  } else request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** Asks over HTTP/2 without TLS, on a connection of its own. */
export async function askHttp2(url: string, asked: Ask = {}): Promise<Answer> {
  const session = connect(url);
  try {
    const { body, type } = bytesOf(asked.body);
    const stream = session.request(
      {
        ':method': asked.method ?? (body ? 'POST' : 'GET'),
        ':path': asked.path ?? '/v1/chat/completions',
        ...(type && { 'content-type': type }),
        ...asked.headers,
      },
      { endStream: !body },
    );
    stream.setTimeout(PATIENCE_MS, () => stream.destroy(new Error('no answer in 30 s')));
    let trailers: IncomingHttpHeaders = {};
    stream.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
    if (body) stream.end(body);
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const received = Buffer.concat(chunks);
    const status = Number(headers[':status']);
    return { status, headers, body: received, text: received.toString(), trailers };
  } finally {
    session.destroy();
  }
}

function bytesOf(body: Ask['body']): { body: Buffer | undefined; type: string | undefined } {
  if (body === undefined) return { body: undefined, type: undefined };
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    return { body: Buffer.from(body), type: undefined };
  }
  return { body: Buffer.from(JSON.stringify(body)), type: 'application/json' };
}
