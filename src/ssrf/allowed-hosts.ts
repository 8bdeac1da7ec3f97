import type { PoolChange, PoolPod } from '../kubernetes/inference-pool.js';
import { AddressOwners } from './address-owners.js';

/** A change of one address, for one log line. */
export interface AddressChange {
  readonly change: 'added' | 'updated' | 'removed';
  readonly address: string;
  /** The pod, or pods, that have the address; after a removal those that had it. */
  readonly pod: string;
}

/** What the pool's pods make of it. A change costs what the pods cost that it names, however many there are. */
export class AllowedHosts {
  private readonly owners = new AddressOwners();
  /** Pod name → its addresses; none where they do not count, so that DNS is not asked in their place. */
  private readonly names = new Map<string, readonly string[]>();
  private ports: ReadonlySet<number> = new Set();

  /**
   * @param checkPorts only the pool's target ports are allowed; pods in the node's network only then, since
   *   any process of the node answers at their addresses
   */
  constructor(private readonly checkPorts: boolean) {}

  /** How many addresses are allowed. */
  get size(): number {
    return this.owners.size;
  }

  /** @param address in the spelling of `canonicalIp` */
  hasAddress(address: string): boolean {
    return this.owners.has(address);
  }

  hasPort(port: number): boolean {
    return !this.checkPorts || this.ports.has(port);
  }

  /** @returns undefined when there is no such pod; none when its addresses do not count */
  addressesOf(podName: string): readonly string[] | undefined {
    return this.names.get(podName);
  }

  /** @returns what is different for addresses: each at most once */
  apply({ removed, added, targetPorts }: PoolChange): AddressChange[] {
    if (this.checkPorts) this.ports = new Set(targetPorts);
    /** Addresses that change → the pods that had them. */
    const before = new Map<string, string | undefined>();
    const note = (address: string): void => {
      if (!before.has(address)) before.set(address, this.owners.text(address));
    };
    for (const { name } of removed) this.names.delete(name);
    for (const pod of added) this.names.set(pod.name, this.counts(pod) ? pod.ips : []);
    for (const { name, ips } of added.filter((pod) => this.counts(pod))) {
      for (const ip of ips) {
        if (this.owners.isOwner(ip, name)) continue;
        note(ip);
        this.owners.add(ip, name);
      }
    }
    // Last: an address that a pod keeps, or leaves to another one, is never away.
    for (const { name, ips } of removed) {
      for (const ip of ips) {
        if (this.names.get(name)?.includes(ip) || !this.owners.isOwner(ip, name)) continue;
        note(ip);
        this.owners.remove(ip, name);
      }
    }
    return [...before].flatMap(([address, was]) => this.difference(address, was) ?? []);
  }

  private counts({ hostNetwork }: PoolPod): boolean {
    return !hostNetwork || this.checkPorts;
  }

  private difference(address: string, was: string | undefined): AddressChange | undefined {
    const pod = this.owners.text(address);
    if (pod !== undefined) return { change: was === undefined ? 'added' : 'updated', address, pod };
    return was === undefined ? undefined : { change: 'removed', address, pod: was };
  }
}
