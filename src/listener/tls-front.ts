import net, { type Server, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Logger } from '../logging/logger.js';
import type { ServerCertificates } from '../tls/certificates.js';
import { endLingering } from './linger.js';

export interface TlsFrontOptions {
  readonly certificates: ServerCertificates;
  /** `TLSv1.2` (default) or `TLSv1.3`. */
  readonly minVersion?: tls.SecureVersion | undefined;
  /** OpenSSL's names, colon separated. */
  readonly ciphers?: string | undefined;
  /** Time in ms from accepting to the end of the handshake; default 10 s. */
  readonly handshakeTimeoutMs?: number | undefined;
  readonly logger: Logger;
}

/** Accepts TCP connections, speaks TLS on them, and hands them on once the handshake is done. */
export interface TlsFront {
  /** The server that listens. */
  readonly server: Server;
  /** Destroys connections that have not finished their handshake. */
  dropHandshakes(): void;
  /** Ends the watch over the certificates. */
  close(): void;
}

/** Suites with forward secrecy and authenticated encryption, as Go's crypto/tls picks them; and those of TLS 1.3. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** First byte of a TLS record that carries a handshake (RFC 8446 §5.1). */
const HANDSHAKE_RECORD = 0x16;

/** What Go's server says to a client that speaks plain HTTP to a TLS port. */
const PLAIN_HTTP_ANSWER =
  'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** @param accept takes each connection whose handshake is done; `alpnProtocol` says what it speaks */
export function createTlsFront(
  options: TlsFrontOptions,
  accept: (socket: TLSSocket) => void,
): TlsFront {
  const { certificates, logger, handshakeTimeoutMs = 10_000 } = options;
  const { cert, key } = certificates.current;
  const pending = new Map<Socket, NodeJS.Timeout>();
  const settle = (socket: Socket): void => {
    clearTimeout(pending.get(socket));
    pending.delete(socket);
  };
  // Speaks TLS but never listens: connections are given to it once their first byte was looked at.
  const handshakes = tls.createServer({
    ...secureContext(options, cert, key),
    ALPNProtocols: ['h2', 'http/1.1'],
    honorCipherOrder: true,
    handshakeTimeout: handshakeTimeoutMs,
  });
  const unwatch = certificates.onChange((pair) => {
    handshakes.setSecureContext(secureContext(options, pair.cert, pair.key));
  });
  handshakes.on('secureConnection', (socket) => {
    const raw = (socket as unknown as { _parent?: Socket })._parent;
    if (raw) settle(raw);
    accept(socket);
  });
  handshakes.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    logger.debug('TLS handshake failed', { code: error.code, reason: error.message });
  });
  const server = net.createServer({ noDelay: true }, (socket) => {
    const timer = setTimeout(() => socket.destroy(), handshakeTimeoutMs).unref();
    pending.set(socket, timer);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      settle(socket);
    });
    socket.once('data', (first: Buffer) => {
      socket.pause();
      if (first[0] !== HANDSHAKE_RECORD) return refusePlain(socket, first);
      socket.unshift(first);
      handshakes.emit('connection', socket);
    });
  });
  return {
    server,
    dropHandshakes() {
      for (const socket of pending.keys()) socket.destroy();
    },
    close: unwatch,
  };
}

function secureContext(
  { minVersion = 'TLSv1.2', ciphers = CIPHERS }: TlsFrontOptions,
  cert: string,
  key: string,
): tls.SecureContextOptions {
  return { cert, key, minVersion, ciphers };
}

/** A letter begins a method, so this is a client that forgot the s of https; all else is noise. */
function refusePlain(socket: Socket, first: Buffer): void {
  if (/^[A-Z]/.test(first.toString('latin1', 0, 1))) endLingering(socket, PLAIN_HTTP_ANSWER);
  else socket.destroy();
}
