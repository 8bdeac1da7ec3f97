import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { watchPeer } from './tls-error.js';
import { trustedRoots } from './trusted-roots.js';

/** How one kind of upstream is spoken to over TLS. */
export interface ClientTlsSettings {
  /** Accept any certificate. */
  readonly insecureSkipVerify: boolean;
  /** Sent as SNI and looked for in the certificate instead of the name that is dialled. */
  readonly serverName?: string | undefined;
  /** PEM, trusted beside the system's roots. */
  readonly caCert?: string | undefined;
}

/**
 * Options for {@link connectTls}, the address to dial left out. Keep them for all connections to one server:
 * the session to resume hangs on the object.
 *
 * @param name DNS name or IP address, in brackets or not, that the certificate must be valid for
 */
export function clientTls(settings: ClientTlsSettings, name: string): ConnectionOptions {
  const expected = settings.serverName ?? unbracketed(name);
  return {
    secureContext: contextFor(settings.caCert),
    // RFC 6066 §3 keeps IP addresses out of SNI.
    servername: isIP(expected) ? '' : expected,
    rejectUnauthorized: !settings.insecureSkipVerify,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(expected, certificate),
    ALPNProtocols: ['http/1.1'],
  };
}

const sessions = new WeakMap<ConnectionOptions, Buffer>();

/**
 * Dials. Resumes an earlier session with the same options where there is one, and gives errors what
 * `describeTlsError` tells of them.
 *
 * @param options from {@link clientTls}
 * @param address IP address or DNS name to dial
 */
export function connectTls(options: ConnectionOptions, address: string, port: number): TLSSocket {
  const session = sessions.get(options);
  const socket = connect({ ...options, host: address, port, ...(session && { session }) });
  socket.on('session', (fresh: Buffer) => {
    sessions.set(options, fresh);
  });
  socket.once('error', () => {
    sessions.delete(options);
  });
  watchPeer(socket, options.servername || address);
  return socket;
}

/** A line for the log at start, where verification is off for some upstreams. */
export function skipVerifyWarning(upstreams: readonly string[]): string | undefined {
  if (upstreams.length === 0) return undefined;
  return `certificates of ${upstreams.join(', ')} are not verified: anyone on the network can pose as them`;
}

/** Hundreds of roots take tens of milliseconds to parse: once a process for each set. */
const contexts = new Map<string, SecureContext>();

function contextFor(caCert = ''): SecureContext {
  let context = contexts.get(caCert);
  if (context === undefined) {
    context = createSecureContext({ ca: trustedRoots(caCert), minVersion: 'TLSv1.2' });
    contexts.set(caCert, context);
  }
  return context;
}

const unbracketed = (name: string): string =>
  name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
