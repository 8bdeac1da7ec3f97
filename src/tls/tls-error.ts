import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

/** One certificate of a chain, for the log. */
export interface ChainLink {
  readonly subject: string;
  readonly issuer: string;
  readonly names?: string;
  readonly validTo: string;
}

const SEEN = Symbol('what the peer showed');

interface Tagged {
  [SEEN]?: { readonly host: string; readonly chain: readonly ChainLink[] };
}

/**
 * Gives the errors of a socket the chain that its peer showed. It must be read between the handshake and the
 * refusal: afterwards the socket has no certificate to show.
 *
 * @param host the name that the certificate has to be valid for
 */
export function watchPeer(socket: TLSSocket, host: string): void {
  let chain: readonly ChainLink[] = [];
  socket.prependOnceListener('secure', () => {
    // A resumed session was verified when it began, and costs nothing here.
    if (!socket.isSessionReused()) chain = chainOf(socket.getPeerCertificate(true));
  });
  socket.prependOnceListener('error', (error: Error) => {
    (error as Tagged)[SEEN] = { host, chain };
  });
}

/**
 * Describes why a TLS connection failed, for the log.
 *
 * @param error from a socket of `connectTls`, or one that has it as its `cause`
 * @returns `code` (OpenSSL's or Node's, such as `CERT_HAS_EXPIRED`), `reason`, `host` (the name that the certificate
 *   had to be valid for) and `chain` (leaf first); nothing for errors that are not of TLS
 */
export function describeTlsError(error: unknown): Readonly<Record<string, unknown>> {
  const failure = tlsErrorIn(error);
  if (failure === undefined) return {};
  const seen = failure[SEEN];
  return {
    code: failure.code,
    reason: failure.reason ?? failure.message,
    host: failure.host ?? seen?.host,
    chain: seen !== undefined && seen.chain.length > 0 ? seen.chain : chainOf(failure.cert),
  };
}

/** What Node and {@link watchPeer} add to errors of certificates. */
interface TlsError extends NodeJS.ErrnoException, Tagged {
  readonly reason?: string;
  readonly host?: string;
  readonly cert?: PeerCertificate;
}

const MAX_CAUSES = 5;

function tlsErrorIn(error: unknown): TlsError | undefined {
  let next = error as (TlsError & { cause?: unknown }) | undefined | null;
  for (let depth = 0; depth < MAX_CAUSES && next; depth++) {
    if (isTlsError(next)) return next;
    next = next.cause as typeof next;
  }
  return undefined;
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
