import { Injectable } from '@nestjs/common';
import { connect, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectTls } from '../tls/client-tls.js';
import { Logger } from '../logging/logger.js';
import type { Origin } from './origin.js';
import { requestIdOf } from './request-id.js';
import { clientAddress } from './client-address.js';
import { readRequestFields } from './request-fields.js';

const NONE: ReadonlySet<string> = new Set();
const REFUSED =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/**
 * Joins a client that asked for an upgrade (a WebSocket, mostly) with the engine, byte for byte and
 * both ways; the engine's own answer says whether it agrees.
 */
@Injectable()
export class TunnelService {
  constructor(private readonly logger: Logger) {}

  open(request: IncomingMessage, client: Duplex, early: Buffer, origin: Origin): void {
    this.dial(origin, 0, (engine) => {
      if (!engine) {
        client.end(REFUSED);
        return;
      }
      engine.write(upgradeHead(request), 'latin1');
      if (early.length > 0) engine.write(early);
      this.join(client, engine);
    });
  }

  private dial(origin: Origin, index: number, done: (engine: Socket | undefined) => void): void {
    const address = origin.addresses[index];
    if (address === undefined) return done(undefined);
    const { tls, port } = origin;
    const engine = tls ? connectTls(tls, address, port) : connect({ host: address, port });
    const onError = (error: Error): void => {
      this.logger.debug('tunnel: no connection', { target: origin.label, error });
      this.dial(origin, index + 1, done);
    };
    engine.once('error', onError);
    engine.once(tls ? 'secureConnect' : 'connect', () => {
      engine.off('error', onError);
      engine.on('error', () => undefined);
      engine.setNoDelay(true);
      done(engine);
    });
  }

  /** When one side ends, what it sent still arrives; when one breaks, so does the other. */
  private join(client: Duplex, engine: Socket): void {
    client.on('error', () => engine.destroy());
    client.on('close', () => engine.destroy());
    engine.on('close', (hadError) => {
      if (hadError) client.destroy();
      else client.end();
    });
    client.pipe(engine);
    engine.pipe(client);
  }
}

function upgradeHead(request: IncomingMessage): string {
  const fields = readRequestFields(request, NONE);
  const address = clientAddress(request);
  const forwardedFor = fields.forwardedFor ? `${fields.forwardedFor}, ${address}` : address;
  return (
    `${request.method} ${request.url} HTTP/1.1\r\n${fields.common}${fields.acceptEncoding}` +
    `${fields.trace}X-Forwarded-For: ${forwardedFor}\r\nX-Request-Id: ${requestIdOf(request)}\r\n` +
    `Connection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`
  );
}
