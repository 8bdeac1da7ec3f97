const LOCAL = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Whether a request to a port of the loopback names another host: a web page somewhere has its name resolved to this
 * machine, to read what it must not see (DNS rebinding).
 *
 * @param host as the client sent it
 */
export function isForeign(host: string | undefined): boolean {
  return host !== undefined && !LOCAL.test(host.replace(/:\d*$/, ''));
}

/** @param address that is listened on */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}
