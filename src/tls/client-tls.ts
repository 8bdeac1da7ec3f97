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
}

/** Sessions kept for resumption, one a server; the oldest goes first. */
const MAX_SESSIONS = 1_024;

/**
 * Makes TLS connections to upstreams. One instance for all of them: the trusted roots are parsed once, on
 * first use.
 */
export class ClientTls {
  private context: SecureContext | undefined;
  private readonly sessions = new Map<string, Buffer>();

  /** @param caCert PEM, trusted beside the system's roots */
  constructor(private readonly caCert?: string) {}

  /**
   * Options for `tls.connect`, to be joined with the address to dial.
   *
   * @param name the DNS name or IP address that the caller asked for; the certificate must be valid for it
   */
  options(settings: ClientTlsSettings, name: string): ConnectionOptions {
    const expected = settings.serverName ?? unbracketed(name);
    this.context ??= createSecureContext({ ca: trustedRoots(this.caCert), minVersion: 'TLSv1.2' });
    return {
      secureContext: this.context,
      // RFC 6066 §3 keeps IP addresses out of SNI.
      servername: isIP(expected) ? '' : expected,
      rejectUnauthorized: !settings.insecureSkipVerify,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(expected, certificate),
      ALPNProtocols: ['http/1.1'],
    };
  }

  /**
   * Dials. Resumes an earlier session with the same server where there is one, and remembers the peer's chain
   * for {@link describeTlsError}.
   *
   * @param options from {@link options}
   * @param address IP address or DNS name to dial
   */
  connect(options: ConnectionOptions, address: string, port: number): TLSSocket {
    const key = `${options.servername ?? ''} ${options.rejectUnauthorized} ${address} ${port}`;
    const session = this.sessions.get(key);
    const socket = connect({ ...options, host: address, port, ...(session && { session }) });
    socket.on('session', (fresh: Buffer) => {
      this.remember(key, fresh);
    });
    socket.once('error', () => {
      this.sessions.delete(key);
    });
    watchPeer(socket, options.servername || address);
    return socket;
  }

  private remember(key: string, session: Buffer): void {
    this.sessions.delete(key);
    this.sessions.set(key, session);
    if (this.sessions.size <= MAX_SESSIONS) return;
    const oldest = this.sessions.keys().next();
    if (!oldest.done) this.sessions.delete(oldest.value);
  }
}

/** A line for the log at start, where verification is off for some upstreams. */
export function skipVerifyWarning(upstreams: readonly string[]): string | undefined {
  if (upstreams.length === 0) return undefined;
  return `certificates of ${upstreams.join(', ')} are not verified: anyone on the network can pose as them`;
}

const unbracketed = (name: string): string =>
  name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
