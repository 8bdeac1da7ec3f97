import { urlHost } from '../../endpoint/ip.js';

/**
 * @param names metrics that are asked for alone; none: all of the page
 * @returns head of the request for a page of metrics
 */
export function pageRequest(
  host: string,
  port: number,
  path: string,
  names: readonly string[],
): string {
  const query = names.map((name) => `name%5B%5D=${encodeURIComponent(name)}`).join('&');
  const target = query === '' ? path : `${path}?${query}`;
  return getRequest(host, port, target, 'text/plain;version=0.0.4, text/plain;q=0.5, */*;q=0.1');
}

/** @param accept media types @returns head of a GET on a connection that is to be kept */
export function getRequest(host: string, port: number, target: string, accept: string): string {
  return (
    `GET ${target} HTTP/1.1\r\nHost: ${urlHost(host)}:${port}\r\n` +
    `User-Agent: tandem\r\nAccept: ${accept}\r\nAccept-Encoding: identity\r\n\r\n`
  );
}
