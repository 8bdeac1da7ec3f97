import * as z from 'zod';

/** Of the first rank, whose sidecar hands requests on to the others. */
export const PRIMARY_PORT = z.int().min(1).max(65_535);

/** @param id `ip:port`, an IPv6 address in brackets @returns the same address with another port */
export function atPort(id: string, port: number): string {
  return `${id.slice(0, id.lastIndexOf(':'))}:${port}`;
}
