import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps, type RequestOptions } from 'node:https';

/** What authenticates one request, and what verifies the server. */
export interface RequestCredentials {
  readonly headers: Readonly<Record<string, string>>;
  /** CA, client certificate, server name; an agent where a proxy is to be used. */
  readonly options: RequestOptions;
}

/** Where credentials come from. */
export interface Credentials {
  /** @returns those of now, files read and commands run as needed */
  current(): Promise<RequestCredentials>;
  /** Forgets what is cached: the server refused it. Never rejects. */
  forget(): Promise<void>;
}

/** The kernel finds out about a peer that is gone without a word. */
const KEEP_ALIVE_MS = 30_000;

/** A connection that idled for longer may have been forgotten on its way: the next list comes on a new one. */
const IDLE_MS = 20_000;

/** Commands that print credentials may fail at length. */
const LONGEST_REASON = 200;

/** A Kubernetes API server and how to talk to it; keeps connections alive until it is closed. */
export class Cluster {
  /** Scheme, host and port, for messages. */
  readonly name: string;
  private readonly agent: HttpAgent;

  /**
   * @param server base URL, `http:` or `https:`
   * @param insecure its certificate is not verified
   */
  constructor(
    private readonly server: URL,
    private readonly credentials: Credentials,
    readonly insecure = false,
  ) {
    this.name = server.origin;
    const options = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 4 };
    this.agent = this.isTls ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /**
   * Sends a GET. Redirects are not followed, proxies of the environment are not used.
   *
   * @param path with its query
   * @param signal aborts the request and, later, the reading of its answer
   * @returns the answer's head, its body unread
   * @throws Error of the network, of TLS, of the credentials, or the signal's reason
   */
  async get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { headers, options } = await abortable(this.readCredentials(), signal);
    const { hostname, port, pathname } = this.server;
    const all: RequestOptions = {
      agent: this.agent,
      ...options,
      host: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port }),
      path: pathname.replace(/\/$/, '') + path,
      headers: { accept: 'application/json', 'user-agent': 'tandem', ...headers },
      signal,
    };
    return new Promise((resolve, reject) => {
      const request = this.isTls ? requestHttps(all) : requestHttp(all);
      const fail = (error: Error): void =>
        reject(signal.aborted ? (signal.reason as Error) : error);
      request.on('error', fail);
      request.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      request.on('response', (response) => {
        // Whoever reads it sees the error; before that nobody listens.
        response.on('error', () => undefined);
        resolve(response);
      });
      request.end();
    });
  }

  /** After a 401: tokens are read again for the next request. */
  forgetCredentials(): Promise<void> {
    return this.credentials.forget();
  }

  /** Closes the connections that are kept alive; those in use end with their signals. */
  close(): void {
    this.agent.destroy();
  }

  private async readCredentials(): Promise<RequestCredentials> {
    try {
      return await this.credentials.current();
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`the credentials cannot be read: ${message.slice(0, LONGEST_REASON)}`, {
        cause: error,
      });
    }
  }

  private get isTls(): boolean {
    return this.server.protocol === 'https:';
  }
}

/** Credentials may come from a command that hangs. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
