import http2, { type ClientHttp2Session } from 'node:http2';
import type { Answer } from './client.js';

/** A client that speaks HTTP/2 over TLS and trusts any certificate; many requests on one connection. */
export class Http2Client {
  private session: ClientHttp2Session | undefined;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** Sends a POST; `end` is `whole` when the stream ended without an error. */
  request(path: string, lines: readonly string[], body: Buffer): Promise<Answer> {
    if (!this.session || this.session.closed || this.session.destroyed) {
      this.session = http2.connect(`https://127.0.0.1:${this.port}`, { rejectUnauthorized: false });
      this.session.on('error', () => undefined);
    }
    const fields = lines.map((line) => line.split(': ', 2) as [string, string]);
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      ...Object.fromEntries(fields),
    });
    const answer: Answer = { status: 0, head: '', body: Buffer.alloc(0), end: 'cut' };
    const chunks: Buffer[] = [];
    let failed = false;
    let ended = false;
    return new Promise((resolve) => {
      stream.on('response', (headers) => (answer.status = headers[':status'] ?? 0));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => (ended = true));
      stream.on('error', () => (failed = true));
      stream.on('aborted', () => (failed = true));
      stream.on('close', () => {
        const clean = ended && !failed && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR;
        resolve({ ...answer, body: Buffer.concat(chunks), end: clean ? 'whole' : 'cut' });
      });
      stream.end(body);
    });
  }

  close(): void {
    this.session?.destroy();
  }
}
