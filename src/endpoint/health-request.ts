import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { loadAxios } from './load-axios.js';

/** What is asked, where it is not the plain `/health`. */
export interface HealthQuestion {
  /** Begins with a slash. */
  readonly path?: string;
  /** Sent as the bearer token. */
  readonly apiKey?: string | undefined;
}

/** Asks model servers `GET /health`, each time on a new connection, as a prefill or decode would need one. */
export class HealthRequests {
  private readonly httpAgent = new HttpAgent({ keepAlive: false });
  private readonly httpsAgent: HttpsAgent | undefined;

  /** @param tls options of the leg to this server; undefined: plain HTTP */
  constructor(private readonly tls: ConnectionOptions | undefined) {
    if (tls) this.httpsAgent = new HttpsAgent({ ...tls, keepAlive: false });
  }

  /**
   * @param host an address or name, IPv6 in brackets
   * @returns the status of the answer, whatever it is; its body is not read
   * @throws what the connection failed with, or the signal's reason
   */
  async status(
    host: string,
    port: number,
    signal: AbortSignal,
    { path = '/health', apiKey }: HealthQuestion = {},
  ): Promise<number> {
    const axios = await loadAxios();
    const scheme = this.tls === undefined ? 'http' : 'https';
    const response = await axios.get<NodeJS.ReadableStream & { destroy(): void }>(
      `${scheme}://${host}:${port}${path}`,
      {
        ...(apiKey !== undefined && { headers: { Authorization: `Bearer ${apiKey}` } }),
        httpAgent: this.httpAgent,
        ...(this.httpsAgent && { httpsAgent: this.httpsAgent }),
        signal,
        proxy: false,
        maxRedirects: 0,
        validateStatus: () => true,
        responseType: 'stream',
      },
    );
    response.data.destroy();
    return response.status;
  }
}
