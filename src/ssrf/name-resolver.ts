import { lookup } from 'node:dns/promises';
import { canonicalIp } from '../endpoint/ip.js';

/** System look-ups take a thread each, of the four that certificates and logs need too. */
const MAX_RUNNING = 2;
/** Above it names go unresolved, that is refused: a flood of them must not hold up the good ones for long. */
const MAX_WAITING = 64;
const TIMEOUT_MS = 5_000;

/** All addresses of a name; the system's, or one for tests. */
export type Lookup = (name: string) => Promise<readonly string[]>;

const systemLookup: Lookup = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

/** A look-up, running or in the queue, and who waits for it. */
interface PendingLookup {
  readonly name: string;
  readonly waiting: Set<(addresses: readonly string[]) => void>;
}

/**
 * Resolves names that clients send, a few at a time. Nothing is kept: an answer counts for those who waited for it.
 */
export class NameResolver {
  private running = 0;
  private readonly queue: PendingLookup[] = [];
  private readonly pending = new Map<string, PendingLookup>();

  constructor(
    private readonly lookup: Lookup = systemLookup,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /**
   * @returns canonical addresses, none when the name does not resolve or not in time; undefined when too many
   *   names are waited for
   */
  resolve(name: string): Promise<readonly string[]> | undefined {
    let entry = this.pending.get(name);
    if (!entry) {
      if (this.queue.length >= MAX_WAITING) return undefined;
      entry = { name, waiting: new Set() };
      this.pending.set(name, entry);
      this.queue.push(entry);
    }
    const answer = this.join(entry);
    this.startNext();
    return answer;
  }

  private join({ waiting }: PendingLookup): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const done = (addresses: readonly string[]): void => {
        clearTimeout(timer);
        waiting.delete(done);
        resolve(addresses);
      };
      const timer = setTimeout(() => done([]), this.timeoutMs);
      waiting.add(done);
    });
  }

  private startNext(): void {
    while (this.running < MAX_RUNNING) {
      const entry = this.queue.shift();
      if (!entry) return;
      if (entry.waiting.size > 0) void this.run(entry);
      else this.pending.delete(entry.name);
    }
  }

  /** Counted until the look-up itself is over: a time-out does not give its thread back. */
  private async run({ name, waiting }: PendingLookup): Promise<void> {
    this.running++;
    const addresses = await this.lookup(name)
      .then(canonical)
      .catch(() => []);
    this.running--;
    this.pending.delete(name);
    for (const done of [...waiting]) done(addresses);
    this.startNext();
  }
}

/** An address that has no canonical form (a zone, say) spoils the whole answer. */
function canonical(addresses: readonly string[]): string[] {
  const all = addresses.map((address) => canonicalIp(address));
  return all.every((address) => address !== undefined) ? [...new Set(all)] : [];
}
