import { once } from 'node:events';
import { createServer } from 'node:net';

/** Hosts of the rig, by the names that cases call them. All are loopback. */
export const HOSTS = {
  /** Pods of the pool. */
  A: '127.0.0.2',
  B: '127.0.0.3',
  A6: '::1',
  /** Where a pod comes and goes. */
  NEW: '127.0.0.4',
  /** No pod. */
  D: '127.0.0.9',
  /** A pod in the network of its node. */
  HOSTNET: '127.0.0.10',
  /** A pod of another namespace, and one that the selector leaves out. */
  OTHERNS: '127.0.0.11',
  UNSELECTED: '127.0.0.12',
  SELF: '127.0.0.1',
} as const;

/** The same pods by name. DNS knows other addresses for these names. */
export const PODS = {
  PODNAME: 'metadata',
  PODB: 'pod-b',
  POD6: 'pod-six',
  PODNEW: 'pod-new',
} as const;

/** Ports of the rig. */
export interface Ports {
  /** The pool's target ports: a prefiller listens there on every pod. */
  readonly P: number;
  readonly P1: number;
  /** Another port on which A listens. */
  readonly Q: number;
  /** Nobody listens there. */
  readonly DEADPORT: number;
}

/** What placeholders in braces stand for. */
export type Places = Readonly<Record<string, string>>;

export function placesOf(ports: Ports): Places {
  const decimal = HOSTS.A.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const numbers = Object.entries(ports).map(([name, port]): [string, string] => [name, `${port}`]);
  return {
    ...HOSTS,
    ...PODS,
    ...Object.fromEntries(numbers),
    A_DECIMAL: String(decimal),
    A6_LONG: '0000:0000:0000:0000:0000:0000:0000:0001',
  };
}

/** @throws Error for a placeholder that is not known */
export function substitute(text: string, places: Places): string {
  return text.replace(/\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
    const value = places[name];
    if (value === undefined) throw new Error(`no place is called {${name}}`);
    return value;
  });
}

/** Ports below those that systems give out by themselves. */
const FIRST = 17_000;
const COUNT = 2_900;

/** @returns ports that are free on every one of the hosts */
export async function freePorts(count: number, hosts: readonly string[]): Promise<number[]> {
  const ports: number[] = [];
  let port = FIRST + Math.floor(Math.random() * COUNT);
  while (ports.length < count) {
    port = FIRST + ((port - FIRST + 1) % COUNT);
    const free = await Promise.all(hosts.map((host) => canListen(port, host)));
    if (free.every(Boolean)) ports.push(port);
  }
  return ports;
}

/** @returns whether that address can be had */
export async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
