import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { urlHost } from './ip.js';
import { loadAxios } from './load-axios.js';

/** Where a server is. */
export interface JsonServer {
  /** An address or a name. */
  readonly host: string;
  readonly port: number;
  /** Undefined: plain HTTP. */
  readonly tls?: ConnectionOptions | undefined;
  /** Sent as the bearer token. */
  readonly apiKey?: string | undefined;
}

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Asks a model server something beside the data path, on a connection of its own.
 *
 * @param path begins with a slash
 * @returns the answer's JSON; undefined where it is none, or no 2xx
 * @throws what the connection failed with, or the signal's reason
 */
export async function requestJson(
  { host, port, tls, apiKey }: JsonServer,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const axios = await loadAxios();
  const { status, data } = await axios.get<string>(
    `${tls ? 'https' : 'http'}://${urlHost(host)}:${port}${path}`,
    {
      headers: {
        Accept: 'application/json',
        'User-Agent': 'tandem',
        ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
      },
      httpAgent: new HttpAgent({ keepAlive: false }),
      ...(tls && { httpsAgent: new HttpsAgent({ ...tls, keepAlive: false }) }),
      signal,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: MAX_BYTES,
      validateStatus: () => true,
      responseType: 'text',
      transformResponse: (text: string) => text,
    },
  );
  if (status < 200 || status > 299) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
