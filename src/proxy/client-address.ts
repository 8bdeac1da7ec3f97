const MAPPED = '::ffff:';

/** The address of the client's end of the connection; an IPv4-mapped one as plain IPv4. */
export function clientAddress(request: {
  readonly socket: { readonly remoteAddress?: string | undefined };
}): string {
  const address = request.socket.remoteAddress ?? 'unknown';
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}
