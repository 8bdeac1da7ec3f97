import type { PoolSnapshot } from '../kubernetes/inference-pool.js';

/** What the pool's pods make of it at one time. Immutable: replaced whole. */
export interface AllowedHosts {
  /** Canonical address → the pods that have it, for the log. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Pod name → its addresses; none where they do not count, so that DNS is not asked in their place. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Undefined: every port is allowed. */
  readonly ports: ReadonlySet<number> | undefined;
}

/**
 * @param checkPorts only the pool's target ports are allowed; pods in the node's network only then, since
 *   any process of the node answers at their addresses
 */
export function allowedHosts(snapshot: PoolSnapshot, checkPorts: boolean): AllowedHosts {
  const addresses = new Map<string, string>();
  const names = new Map<string, readonly string[]>();
  for (const { name, ips, hostNetwork } of snapshot.pods) {
    const counts = !hostNetwork || checkPorts;
    names.set(name, counts ? ips : []);
    if (!counts) continue;
    for (const ip of ips) {
      const other = addresses.get(ip);
      addresses.set(ip, other === undefined ? name : `${other}, ${name}`);
    }
  }
  return { addresses, names, ports: checkPorts ? new Set(snapshot.targetPorts) : undefined };
}

export const NO_HOSTS: AllowedHosts = allowedHosts({ pods: [], targetPorts: [] }, false);

/** A change of one address, for one log line. */
export interface AddressChange {
  readonly change: 'added' | 'updated' | 'removed';
  readonly address: string;
  /** The pod, or pods, that have the address; after a removal those that had it. */
  readonly pod: string;
}

/** What is different in `after`: each address at most once. */
export function addressChanges(before: AllowedHosts, after: AllowedHosts): AddressChange[] {
  const changes: AddressChange[] = [];
  for (const [address, pod] of after.addresses) {
    const known = before.addresses.get(address);
    if (known === undefined) changes.push({ change: 'added', address, pod });
    else if (known !== pod) changes.push({ change: 'updated', address, pod });
  }
  for (const [address, pod] of before.addresses) {
    if (!after.addresses.has(address)) changes.push({ change: 'removed', address, pod });
  }
  return changes;
}
