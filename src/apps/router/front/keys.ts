import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { RouterConfig } from '../router.settings.js';
import { isLoopback } from '../seeing/local-host.js';
import { bearerIn } from './bearer.js';
import { isClients, isOpen, isOwn } from './routes.js';

type KeySettings = Pick<RouterConfig, 'apiKey' | 'adminApiKey'>;

/** Who may ask for what: clients by `--api-key`, operators by `--admin-api-key`. */
export class Keys {
  private clients: Buffer | undefined;
  private operators: Buffer | undefined;
  private readonly isLocal: boolean;

  constructor(config: KeySettings & Pick<RouterConfig, 'host'>) {
    this.change(config);
    this.isLocal = isLoopback(config.host);
  }

  /** Other keys from now on; the old ones open nothing any more. */
  change({ apiKey, adminApiKey }: KeySettings): void {
    const operators = adminApiKey ?? apiKey;
    this.clients = apiKey === undefined ? undefined : digest(apiKey);
    this.operators = operators === undefined ? undefined : digest(operators);
  }

  /**
   * @param path without its query
   * @throws ProxyError unauthorized, or admin_closed where the worker API could be reached from outside and has no key
   */
  check(request: IncomingMessage, path: string): void {
    if (isOpen(path)) return;
    const isAdmin = !isClients(path) && isOwn(request.method!, path);
    const wanted = isAdmin ? this.operators : this.clients;
    if (wanted === undefined) {
      if (isAdmin && !this.isLocal) throw new ProxyError('admin_closed', `${path} without a key`);
      return;
    }
    const given = keyIn(request.headers, isAdmin);
    if (!timingSafeEqual(digest(given), wanted)) {
      throw new ProxyError('unauthorized', given === '' ? 'no key' : 'another key');
    }
  }
}

/** @param isAdmin clients may send it in Anthropic's field too, as theirs do */
function keyIn(headers: IncomingHttpHeaders, isAdmin: boolean): string {
  const key = headers['x-api-key'];
  return bearerIn(headers) ?? (!isAdmin && typeof key === 'string' ? key : '');
}

/** Of equal length, whatever was given: comparing takes the same time. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
