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

/** Resolves names that clients send, a few at a time. Nothing is kept: an answer counts for one request. */
export class NameResolver {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly lookup: Lookup = systemLookup,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /** @returns canonical addresses; none when the name does not resolve, or not in time */
  async resolve(name: string): Promise<readonly string[]> {
    if (this.waiting.length >= MAX_WAITING) return [];
    return withTimeout(this.inTurn(name), this.timeoutMs);
  }

  private async inTurn(name: string): Promise<readonly string[]> {
    while (this.running >= MAX_RUNNING) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    // Counted until the look-up itself is over: a time-out does not give its thread back.
    this.running++;
    try {
      return canonical(await this.lookup(name));
    } catch {
      return [];
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }
}

/** An address that has no canonical form (a zone, say) spoils the whole answer. */
function canonical(addresses: readonly string[]): string[] {
  const all = addresses.map((address) => canonicalIp(address));
  return all.every((address) => address !== undefined) ? [...new Set(all)] : [];
}

async function withTimeout(
  found: Promise<readonly string[]>,
  milliseconds: number,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), milliseconds);
  });
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
  }
}
