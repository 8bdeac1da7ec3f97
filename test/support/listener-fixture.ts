import type { IncomingMessage, ServerResponse } from 'node:http';
import { createListener, type Listener } from '../../src/listener/listener.js';
import { SilentLogger } from '../../src/logging/silent-logger.js';
import { ServerCertificates } from '../../src/tls/certificates.js';
import { RawClient } from './raw-client.js';

/** A listener whose answers the test ends; paths that begin with `/quick` are answered at once, upgrades echo. */
export interface ListenerFixture {
  readonly port: number;
  readonly listener: Listener;
  /** Answers that are open, by path. */
  readonly open: Map<string, ServerResponse>;
}

/** What ends with a test. */
export type Cleanups = (() => void)[];

/** @param options.secure TLS with a certificate of its own @param options.idleGraceMs as of {@link createListener} */
export async function startListener(
  cleanups: Cleanups,
  { secure = false, ...options }: { readonly secure?: boolean; readonly idleGraceMs?: number } = {},
): Promise<ListenerFixture> {
  const logger = new SilentLogger();
  const none = { defaultPath: '/nowhere', requireValidCert: false, logger };
  const tls = secure ? await ServerCertificates.load(none) : undefined;
  const open = new Map<string, ServerResponse>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '';
    if (path.startsWith('/quick')) response.end('quick');
    else open.set(path, response);
  };
  const listener = createListener(
    { port: 0, bindAddress: '127.0.0.1', tls, logger, ...options },
    handle,
    (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.pipe(socket);
    },
  );
  cleanups.push(() => listener.closeNow());
  return { port: (await listener.listen()).port, listener, open };
}

export async function connectTo(
  cleanups: Cleanups,
  port: number,
  secure = false,
): Promise<RawClient> {
  const client = await RawClient.connect(port, secure ? { rejectUnauthorized: false } : undefined);
  cleanups.push(() => client.destroy());
  return client;
}
