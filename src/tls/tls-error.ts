import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

/** One certificate of a chain, for the log. */
export interface ChainLink {
  readonly subject: string;
  readonly issuer: string;
  readonly names?: string;
  readonly validTo: string;
}

/** What is known about a failed TLS connection; holds no key material. */
export interface TlsFailure {
  /** OpenSSL's or Node's code, such as `CERT_HAS_EXPIRED`. */
  readonly code: string;
  readonly reason: string;
  /** The name that the certificate had to be valid for. */
  readonly host: string;
  /** Leaf first; empty where the peer sent none. */
  readonly chain: readonly ChainLink[];
}

const SEEN = Symbol('what the peer showed');

interface Tagged {
  [SEEN]?: { readonly host: string; readonly chain: readonly ChainLink[] };
}

/**
 * Remembers the chain of a peer whose certificate is refused. It must be read between the handshake and the
 * refusal: afterwards the socket has no certificate to show.
 *
 * @param host the name that the certificate has to be valid for
 */
export function watchPeer(socket: TLSSocket, host: string): void {
  socket.prependOnceListener('secure', () => {
    // A resumed session was verified when it began, and costs nothing here.
    if (socket.isSessionReused()) return;
    (socket as Tagged)[SEEN] = { host, chain: chainOf(socket.getPeerCertificate(true)) };
  });
}

/**
 * Describes why a TLS connection failed, for the log.
 *
 * @param host the name or address that was dialled, where nothing better is known
 * @param socket the one that failed; without it the chain is known for a wrong name only
 */
export function describeTlsError(error: unknown, host: string, socket?: TLSSocket): TlsFailure {
  const failure = error as TlsError;
  const seen = (socket as Tagged | undefined)?.[SEEN];
  return {
    code: failure.code ?? 'UNKNOWN',
    reason: failure.reason ?? failure.message ?? String(error),
    host: failure.host ?? seen?.host ?? host,
    chain: seen?.chain ?? chainOf(failure.cert),
  };
}

/** What Node adds to errors of certificates. */
type TlsError = NodeJS.ErrnoException & { reason?: string; host?: string; cert?: PeerCertificate };

/** True for errors of certificates and of the protocol, as against those of the network under it. */
export function isTlsError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_C|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/.test(
    code,
  );
}

const MAX_LINKS = 8;

function chainOf(leaf: PeerCertificate | DetailedPeerCertificate | undefined): ChainLink[] {
  const links: ChainLink[] = [];
  let next = leaf as DetailedPeerCertificate | undefined;
  while (next?.subject && links.length < MAX_LINKS) {
    links.push({
      subject: nameOf(next.subject),
      issuer: nameOf(next.issuer),
      ...(next.subjectaltname ? { names: next.subjectaltname } : {}),
      validTo: next.valid_to,
    });
    const issuer: DetailedPeerCertificate | undefined = next.issuerCertificate;
    // A root is its own issuer.
    next = issuer?.fingerprint256 === next.fingerprint256 ? undefined : issuer;
  }
  return links;
}

function nameOf(name: PeerCertificate['subject']): string {
  return Object.entries(name)
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : value}`)
    .join(', ');
}
