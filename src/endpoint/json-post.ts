import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface JsonPost {
  readonly url: URL;
  readonly body: readonly Uint8Array[];
  /** Milliseconds from now to the end of the answer. */
  readonly timeout: number;
  /** Value of that header. */
  readonly authorization?: string | undefined;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: Buffer;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_SOCKETS = 32;

/** Posts JSON to servers beside the data path, on connections that are kept. */
export class JsonPoster {
  private readonly http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  private readonly https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  /** @throws what the connection failed with; an Error that says so where the answer comes too late or is too long */
  post({ url, body, timeout, authorization }: JsonPost): Promise<JsonAnswer> {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const isTls = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (isTls ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          agent: isTls ? this.https : this.http,
          headers: {
            'Content-Type': 'application/json',
            'Content-Length': length,
            Accept: 'application/json',
            'Accept-Encoding': 'identity',
            'User-Agent': 'tandem',
            ...(authorization !== undefined && { Authorization: authorization }),
          },
        },
        (response) => collect(response, resolve, reject),
      );
      const timer = setTimeout(() => {
        request.destroy(new Error(`no answer from ${url.host} in ${timeout} ms`));
      }, timeout);
      request.on('error', reject);
      request.on('close', () => clearTimeout(timer));
      for (const piece of body) request.write(piece);
      request.end();
    });
  }

  /** Cuts what is under way. */
  close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}

function collect(
  response: IncomingMessage,
  resolve: (answer: JsonAnswer) => void,
  reject: (error: Error) => void,
): void {
  const pieces: Buffer[] = [];
  let size = 0;
  response.on('data', (piece: Buffer) => {
    size += piece.length;
    pieces.push(piece);
    if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
  });
  response.on('error', reject);
  response.on('end', () => {
    resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) });
  });
}
