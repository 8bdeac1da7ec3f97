import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { canonicalIp } from '../../endpoint/ip.js';
import type { Logger } from '../../logging/logger.js';

/** All addresses of a name; the system's, or one for tests. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** What a {@link PeerHost} is told and whom it tells. */
export interface PeerDns {
  /** Milliseconds for which an address counts as fresh. */
  readonly ttl: number;
  /** Milliseconds after which a look-up has failed. */
  readonly timeout: number;
  readonly counters: DnsCounters;
  readonly logger: Logger;
  readonly lookup?: Lookup;
  readonly now?: () => number;
}

/** What happens to names once requests are served. */
export interface DnsCounters {
  dnsReresolved(): void;
  dnsAddressChanged(): void;
  dnsLookupFailed(): void;
}

const systemLookup: Lookup = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * A peer whose address engines are told: an IP address, or a DNS name whose address may change when its pod is replaced.
 *
 * An address that is older than the TTL is still given, and asked for anew meanwhile: no request waits for DNS, one
 * look-up runs at a time, and a name server that is away leaves the address that was known last.
 */
export class PeerHost {
  private current: string | undefined;
  private askedAt = 0;
  private asking = false;
  private readonly isName: boolean;
  private readonly lookup: Lookup;
  private readonly now: () => number;

  /** @param name an IP address without brackets, or a DNS name */
  constructor(
    readonly name: string,
    private readonly dns: PeerDns,
  ) {
    this.current = canonicalIp(name);
    this.isName = this.current === undefined;
    this.lookup = dns.lookup ?? systemLookup;
    this.now = dns.now ?? (() => performance.now());
  }

  /** Before the first request. @throws Error that says why the name has no address */
  async resolve(): Promise<void> {
    if (!this.isName) return;
    this.askedAt = this.now();
    this.current = await this.inTime(this.lookup(this.name).then(preferred));
  }

  /** The address that is known now; the name itself before {@link resolve}. */
  get address(): string {
    const isOld = this.isName && this.now() - this.askedAt >= this.dns.ttl;
    if (isOld && !this.asking) void this.refresh();
    return this.current ?? this.name;
  }

  private async refresh(): Promise<void> {
    this.asking = true;
    this.askedAt = this.now();
    const answer = this.lookup(this.name).then(preferred);
    try {
      const address = await this.inTime(answer);
      this.dns.counters.dnsReresolved();
      this.use(address);
    } catch (error) {
      this.dns.counters.dnsLookupFailed();
      this.dns.logger.warn('a MoRI-IO peer does not resolve, its last address is used', {
        host: this.name,
        address: this.current,
        error,
      });
      // One that is late still holds its thread: no other one starts meanwhile.
      await answer.then((late) => this.use(late)).catch(() => undefined);
    }
    this.asking = false;
  }

  private use(address: string): void {
    if (address === this.current) return;
    const { counters, logger } = this.dns;
    counters.dnsAddressChanged();
    logger.info('a MoRI-IO peer has another address', {
      host: this.name,
      address,
      before: this.current,
    });
    this.current = address;
  }

  private inTime(answer: Promise<string>): Promise<string> {
    const { timeout } = this.dns;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer in ${timeout} ms`)), timeout);
    return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
  }
}

/** Engines of one side mostly listen on IPv4 alone. */
function preferred(addresses: readonly string[]): string {
  const known = addresses.map(canonicalIp).filter((address) => address !== undefined);
  const address = known.find((one) => isIPv4(one)) ?? known[0];
  if (address === undefined) throw new Error('it has no address');
  return address;
}
