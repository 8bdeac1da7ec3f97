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

const CHAIN = Symbol('peer chain');

interface Tagged {
  [CHAIN]?: readonly ChainLink[];
}

/**
 * Remembers the chain of a peer whose certificate is refused. It must be read between the handshake and the
 * refusal: afterwards the socket has no certificate to show.
 */
export function watchPeerChain(socket: TLSSocket): void {
  socket.prependOnceListener('secure', () => {
    try {
      (socket as Tagged)[CHAIN] = chainOf(socket.getPeerCertificate(true));
    } catch {
      // A log detail must not break a connection.
    }
  });
}

/** Describes why a TLS connection failed. */
export function describeTlsError(error: unknown, host: string, socket?: TLSSocket): TlsFailure {
  const failure = error as NodeJS.ErrnoException & { reason?: string; cert?: PeerCertificate };
  const seen = (socket as Tagged | undefined)?.[CHAIN];
  return {
    code: failure.code ?? 'UNKNOWN',
    reason: failure.reason ?? failure.message ?? String(error),
    host,
    chain: seen ?? chainOf(failure.cert),
  };
}

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
    // A root names itself as its issuer.
    if (next.issuerCertificate === next) break;
    next = next.issuerCertificate;
  }
  return links;
}

function nameOf(name: PeerCertificate['subject']): string {
  return Object.entries(name)
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : value}`)
    .join(', ');
}
