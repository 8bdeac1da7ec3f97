import type { Target } from '../endpoint/target.js';
import type { PoolChange, PoolSource } from '../kubernetes/inference-pool.js';
import type { Logger } from '../logging/logger.js';
import { AllowedHosts } from './allowed-hosts.js';
import { Allowlist, type DenialReason, type Verdict } from './allowlist.js';
import type { NameResolver } from './name-resolver.js';

/** Settings of {@link PoolAllowlist}. */
export interface PoolAllowlistOptions {
  readonly checkPorts: boolean;
  /** Milliseconds for which the last known pods are good without a sign of the API; 0 = for ever. */
  readonly maxStaleness: number;
}

/**
 * Allows the pods of an InferencePool, by address or by name.
 *
 * Fails closed: before the first reading of the pool, and after too long a silence of the API, nothing is
 * allowed. A change is applied in one turn, so no request sees half of it, and costs what its pods cost.
 */
export class PoolAllowlist extends Allowlist {
  private readonly hosts: AllowedHosts;

  constructor(
    private readonly pool: PoolSource,
    private readonly resolver: NameResolver,
    private readonly logger: Logger,
    private readonly options: PoolAllowlistOptions,
  ) {
    super();
    this.hosts = new AllowedHosts(options.checkPorts);
    pool.follow((change) => this.apply(change));
  }

  /** How many addresses are allowed. */
  get size(): number {
    return this.hosts.size;
  }

  /** Why nothing at all is allowed; undefined when the set is good. */
  get outage(): Extract<DenialReason, `the allowlist is ${string}`> | undefined {
    if (!this.pool.isRead) return 'the allowlist is not filled yet';
    const { maxStaleness } = this.options;
    const tooOld = maxStaleness > 0 && (this.pool.ageMs ?? Infinity) > maxStaleness;
    return tooOld ? 'the allowlist is too old' : undefined;
  }

  override check(target: Target): Verdict | Promise<Verdict> {
    const { outage } = this;
    if (outage) return { allowed: false, reason: outage };
    if (!this.hosts.hasPort(target.port)) {
      return { allowed: false, reason: 'not a port of the pool' };
    }
    if (target.kind === 'ip') {
      return this.hosts.hasAddress(target.host)
        ? { allowed: true, target }
        : { allowed: false, reason: 'not in the allowlist' };
    }
    const addresses = this.hosts.addressesOf(target.host);
    if (!addresses) return this.checkName(target);
    // A pod's name is dialled at its pod: nobody else can answer for it, DNS neither.
    return addresses.length > 0
      ? { allowed: true, target: { ...target, addresses } }
      : { allowed: false, reason: 'not in the allowlist' };
  }

  override stillAllows({ host, port, addresses }: Target): boolean {
    if (this.outage || !this.hosts.hasPort(port)) return false;
    if (!addresses) return this.hosts.hasAddress(host);
    return addresses.every((address) => this.hosts.hasAddress(address));
  }

  private checkName(target: Target): Verdict | Promise<Verdict> {
    const resolving = this.resolver.resolve(target.host);
    if (resolving) return this.checkResolved(target, resolving);
    return { allowed: false, reason: 'too many names are being resolved' };
  }

  private async checkResolved(
    target: Target,
    resolving: Promise<readonly string[]>,
  ): Promise<Verdict> {
    const addresses = await resolving;
    if (addresses.length === 0) return { allowed: false, reason: 'the name does not resolve' };
    const resolved = { ...target, addresses };
    return this.stillAllows(resolved)
      ? { allowed: true, target: resolved }
      : { allowed: false, reason: 'the name resolves to an address that is not in the allowlist' };
  }

  private apply(poolChange: PoolChange): void {
    const wasEmpty = this.size === 0;
    for (const { change, address, pod } of this.hosts.apply(poolChange)) {
      this.logger.info(`ssrf: address ${change}`, { address, pod, allowed: this.size });
    }
    if (!wasEmpty && this.size === 0) {
      this.logger.warn('ssrf: the allowlist is empty: all prefill targets are refused');
    }
  }
}
