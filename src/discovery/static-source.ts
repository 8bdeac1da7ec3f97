import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../config/config-error.js';
import { canonicalIp, urlHost } from '../endpoint/ip.js';
import type { Target } from '../endpoint/target.js';
import type { Logger } from '../logging/logger.js';
import type { EndpointSource, FoundEndpoint } from './endpoint-source.js';
import { foundSpec } from './found-spec.js';

/** A host that the command line names. */
export interface StaticHost {
  readonly target: Target;
  /** What it serves; undefined: every model. */
  readonly models: readonly string[] | undefined;
}

export interface StaticSourceOptions {
  readonly hosts: readonly StaticHost[];
  readonly logger: Logger;
  /** @returns all addresses of a name; fails where it has none */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  readonly times?: StaticTimes;
}

/** Milliseconds. */
export interface StaticTimes {
  /** Between two questions for a name. */
  readonly again: number;
  /** As {@link again}, for a name that has no address yet. */
  readonly soon: number;
  /** Slow names hold up the others for so long at the start, so that the order is the given one. */
  readonly patience: number;
}

const TIMES: StaticTimes = { again: 30_000, soon: 1_000, patience: 2_000 };

/** A host, and what is known of it. */
interface Named {
  readonly host: StaticHost;
  addresses: readonly string[];
  fault: string | undefined;
}

/**
 * Hosts of the command line. Names are resolved, now and then anew; each address is an endpoint. A name that cannot be
 * resolved any more keeps the addresses that it had.
 */
export class StaticSource implements EndpointSource {
  readonly name = 'flags';
  provedAt: number | undefined;
  private readonly stopped = new AbortController();
  private readonly hosts: readonly Named[];
  private readonly times: StaticTimes;
  /** Undefined while slow names are waited for. */
  private publish: ((found: readonly FoundEndpoint[]) => void) | undefined;

  constructor(private readonly options: StaticSourceOptions) {
    this.times = options.times ?? TIMES;
    this.hosts = options.hosts.map((host) => {
      const isAddress = host.target.kind === 'ip';
      return { host, addresses: isAddress ? [host.target.host] : [], fault: undefined };
    });
  }

  /** Why some host has no address; undefined where all have. */
  get fault(): string | undefined {
    return this.hosts.find(({ addresses }) => addresses.length === 0)?.fault;
  }

  start(publish: (found: readonly FoundEndpoint[]) => void): void {
    const names = this.hosts.filter(({ host }) => host.target.kind === 'name');
    const { signal } = this.stopped;
    const isPatient = new AbortController();
    const asked = names.map((named) => this.ask(named));
    const patience = sleep(this.times.patience, undefined, {
      signal: isPatient.signal,
      ref: false,
    });
    void Promise.race([Promise.all(asked), patience.catch(() => undefined)]).then(() => {
      isPatient.abort();
      if (signal.aborted) return;
      this.publish = publish;
      this.tell();
    });
    for (const [at, named] of names.entries()) void this.follow(named, asked[at]!);
  }

  stop(): void {
    this.stopped.abort();
  }

  private async follow(named: Named, first: Promise<void>): Promise<void> {
    const { signal } = this.stopped;
    const { again, soon } = this.times;
    for (let asked = first; ; asked = this.ask(named)) {
      await asked;
      const pause = named.fault === undefined ? again : soon;
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  private async ask(named: Named): Promise<void> {
    const { resolve = addressesOf, logger } = this.options;
    const { host, label } = named.host.target;
    let fault: string | undefined;
    let addresses = named.addresses;
    try {
      addresses = await resolve(host);
    } catch (error) {
      fault = `${label} cannot be resolved: ${reasonOf(error)}`;
    }
    if (this.stopped.signal.aborted) return;
    if (fault !== undefined && named.fault === undefined) {
      logger.warn('a static host cannot be resolved', { host: label, error: fault, addresses });
    }
    named.fault = fault;
    if (isSame(addresses, named.addresses)) return;
    named.addresses = addresses;
    this.tell();
  }

  private tell(): void {
    if (!this.publish) return;
    const byUrl = new Map<string, FoundEndpoint>();
    for (const { host, addresses } of this.hosts) {
      for (const address of addresses) {
        const found = foundAt(address, host);
        if (typeof found === 'string') continue;
        const { url } = found.spec.address;
        const other = byUrl.get(url);
        byUrl.set(url, other ? both(other, found) : found);
      }
    }
    if (byUrl.size > 0) this.provedAt = performance.now();
    this.publish([...byUrl.values()]);
  }
}

/** @returns its IPv4 addresses; where it has none those of IPv6 */
async function addressesOf(name: string): Promise<readonly string[]> {
  const all = (await lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address);
  const ipv4 = all.filter((address) => isIPv4(address));
  const chosen = ipv4.length > 0 ? ipv4 : all;
  return [...new Set(chosen.map(canonicalIp).filter((ip) => ip !== undefined))];
}

function foundAt(address: string, { target, models }: StaticHost): FoundEndpoint | string {
  const spec = foundSpec('flags', `http://${urlHost(address)}:${target.port}`, {
    name: target.label,
    models,
  });
  return typeof spec === 'string' ? spec : { spec, identity: '', usable: true };
}

/** Two hosts that are one: it serves what is said of either. */
function both(one: FoundEndpoint, other: FoundEndpoint): FoundEndpoint {
  const { models } = one.spec;
  const more = other.spec.models;
  const all = models && more ? [...new Set([...models, ...more])] : undefined;
  return { ...one, spec: { ...one.spec, models: all } };
}

/** In whatever order they come. */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((address) => other.includes(address));
}
