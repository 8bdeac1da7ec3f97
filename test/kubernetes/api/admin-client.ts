import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/** What the server answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: { readonly [field: string]: unknown };
  /** What the server warns of (`Warning:` of the head). */
  readonly warnings: readonly string[];
}

/** What is sent, and which answers are taken besides a 2xx. */
export interface AdminRequest {
  readonly body?: object;
  readonly also?: readonly number[];
  /** Left out: a merge patch, or JSON. */
  readonly contentType?: string;
}

/** Sends what an administrator sends: the suite's own hand in the cluster. */
export class AdminClient {
  private readonly port: number;
  private readonly caFile: string;
  private readonly token: string;
  private agent = new Agent({ keepAlive: true });

  constructor(port: number, caFile: string, token: string) {
    this.port = port;
    this.caFile = caFile;
    this.token = token;
  }

  async isReady(): Promise<boolean> {
    const answer = await this.send('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  }

  /** @throws Error unless the status is a 2xx or one of those that are taken too */
  async expect(
    method: string,
    path: string,
    { body, also = [], contentType }: AdminRequest = {},
  ): Promise<AdminAnswer> {
    const answer = await this.send(method, path, body, contentType);
    const { status } = answer;
    if ((status < 200 || status > 299) && !also.includes(status)) {
      throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer.body)}`);
    }
    return answer;
  }

  /** Drops its connections: the server they lead to is gone. */
  close(): void {
    this.agent.destroy();
    this.agent = new Agent({ keepAlive: true });
  }

  private async send(
    method: string,
    path: string,
    body?: object,
    kind = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  ): Promise<AdminAnswer> {
    const options = {
      method,
      path,
      host: '127.0.0.1',
      port: this.port,
      agent: this.agent,
      ca: readFileSync(this.caFile),
      headers: { authorization: `Bearer ${this.token}`, 'content-type': kind },
      signal: AbortSignal.timeout(30_000),
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const warnings = (response.headersDistinct['warning'] ?? []).map(warningText);
          resolve({ status: response.statusCode!, body: parse(text), warnings });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** @param header `299 - "TEXT"` */
function warningText(header: string): string {
  return header.replace(/^\d+ \S+ "(.*)"$/s, '$1').replaceAll('\\"', '"');
}

function parse(text: string): AdminAnswer['body'] {
  try {
    return JSON.parse(text) as AdminAnswer['body'];
  } catch {
    return { text };
  }
}
