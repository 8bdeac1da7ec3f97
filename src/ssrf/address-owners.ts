/** So many pods that have the same address are named in a log line. */
const MAX_NAMED = 8;

/** Which pods have an address: one, but for the addresses of nodes, and for a moment when one is given to another pod. */
export class AddressOwners {
  /** The name of the pod, or the names where there are several. */
  private readonly pods = new Map<string, string | Set<string>>();

  /** How many addresses somebody has. */
  get size(): number {
    return this.pods.size;
  }

  has(address: string): boolean {
    return this.pods.has(address);
  }

  /** @returns the pods that have it, for the log, in the order in which they came; undefined when nobody has it */
  text(address: string): string | undefined {
    const owners = this.pods.get(address);
    if (owners === undefined || typeof owners === 'string') return owners;
    const named: string[] = [];
    for (const name of owners) if (named.push(name) === MAX_NAMED) break;
    const more = owners.size - named.length;
    return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
  }

  add(address: string, pod: string): void {
    const owners = this.pods.get(address);
    if (owners === undefined) this.pods.set(address, pod);
    else if (owners instanceof Set) owners.add(pod);
    else if (owners !== pod) this.pods.set(address, new Set([owners, pod]));
  }

  /** The address is nobody's once no pod has it. */
  remove(address: string, pod: string): void {
    const owners = this.pods.get(address);
    if (owners === pod) this.pods.delete(address);
    if (!(owners instanceof Set)) return;
    owners.delete(pod);
    if (owners.size === 0) this.pods.delete(address);
  }

  /** Whether the pod is one of those that have it. */
  isOwner(address: string, pod: string): boolean {
    const owners = this.pods.get(address);
    return owners instanceof Set ? owners.has(pod) : owners === pod;
  }
}
