/** Where a ZeroMQ socket listens: a TCP port or a Unix domain socket. */
export type ZmqEndpoint =
  { readonly host: string; readonly port: number } | { readonly path: string };

const TCP = /^tcp:\/\/(\[[\da-f:.]+\]|[^\s:/[\]]+):(\d{1,5})$/i;
const IPC = /^ipc:\/\/(\S+)$/;

/**
 * @param text `tcp://HOST:PORT` or `ipc://PATH`; a host `*` or a port 0 can only be bound
 * @returns undefined for anything else
 */
export function parseZmqEndpoint(text: string): ZmqEndpoint | undefined {
  const path = IPC.exec(text)?.[1];
  // ZeroMQ writes Linux' abstract names with an @.
  if (path !== undefined) return { path: path.replace(/^@/, '\0') };
  const tcp = TCP.exec(text);
  const port = Number(tcp?.[2]);
  if (!tcp || port > 65_535) return undefined;
  return { host: tcp[1]!.replace(/^\[|\]$/g, ''), port };
}
