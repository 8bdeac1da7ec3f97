import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import type { Target } from '../../endpoint/target.js';
import { ProxyError } from '../../errors/proxy.error.js';
import { BootstrapConnection, type BootstrapAnswer } from './bootstrap-connection.js';
import { readEngines, type Engine } from './engine-list.js';

/** As long as the sidecar that users come from waits. */
const TIMEOUT_MS = 5_000;
/** Up to this age an answer is used and nobody is asked. */
const FRESH_MS = 1_000;
/** Up to this age it is used while it is asked for again. No engine restarts in less. */
const MAX_AGE_MS = 5_000;

/** The engines of a prefiller, as they were a moment ago. */
export interface KnownEngines {
  readonly engines: readonly Engine[];
  /** The one of the prefiller's addresses that answered: that is where its prefill must go. */
  readonly address: string;
  /** Of the bootstrap server. */
  readonly port: number;
  /** `performance.now()` when they were asked for. */
  readonly askedAt: number;
}

/** How long it is waited, for tests. */
export interface EngineTimes {
  readonly timeout: number;
  readonly fresh: number;
  readonly maxAge: number;
}

const TIMES: EngineTimes = { timeout: TIMEOUT_MS, fresh: FRESH_MS, maxAge: MAX_AGE_MS };

/**
 * What is known of one prefiller's engines, and for how long: an answer holds as long as the connection that it came on
 * stays open, and {@link MAX_AGE_MS} at most (docs/adr/0015).
 */
export class PrefillerEngines {
  private known: KnownEngines | undefined;
  private asking: Promise<KnownEngines> | undefined;
  private connection: BootstrapConnection | undefined;
  /** The connection of {@link known}. */
  private lease: Socket | undefined;

  /** @param port of the bootstrap server */
  constructor(
    private readonly target: Target,
    private readonly port: number,
    private readonly times: EngineTimes = TIMES,
  ) {}

  /**
   * @returns at once what is known, else what is answered to a question that all who wait share
   * @throws ProxyError `prefill_bootstrap`, `prefill_bootstrap_timeout`
   */
  current(): KnownEngines | Promise<KnownEngines> {
    const age = this.known ? performance.now() - this.known.askedAt : Infinity;
    if (age > this.times.maxAge) return this.ask();
    // Whoever finds out is told by the next request.
    if (age > this.times.fresh) this.ask().catch(() => undefined);
    return this.known!;
  }

  close(): void {
    this.forget();
    this.connection?.close();
  }

  private ask(): Promise<KnownEngines> {
    this.asking ??= this.query().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async query(): Promise<KnownEngines> {
    const askedAt = performance.now();
    const signal = AbortSignal.timeout(this.times.timeout);
    try {
      const { text, socket, address } = await this.reach(signal);
      const known = { engines: readEngines(text), address, port: this.port, askedAt };
      this.hold(known, socket);
      return known;
    } catch (error) {
      this.forget();
      throw this.failure(error, signal);
    }
  }

  /** The address that answered last, else the first one that does. */
  private async reach(signal: AbortSignal): Promise<BootstrapAnswer & { address: string }> {
    let failed: unknown = new Error('no address');
    for (const address of await this.addresses(signal)) {
      if (this.connection?.address !== address) {
        this.connection?.close();
        this.connection = new BootstrapConnection(address, this.port);
      }
      try {
        return { ...(await this.connection.query(signal)), address };
      } catch (error) {
        if (signal.aborted) throw error;
        failed = error;
      }
    }
    throw failed;
  }

  private async addresses(signal: AbortSignal): Promise<readonly string[]> {
    const { kind, host, addresses } = this.target;
    if (this.known) return [this.known.address];
    if (addresses) return addresses;
    if (kind === 'ip') return [host];
    const found = await inTime(lookup(host, { all: true }), signal);
    return found.map(({ address }) => address);
  }

  private hold(known: KnownEngines, socket: Socket): void {
    if (socket.destroyed || socket.readableEnded) return this.forget();
    this.known = known;
    if (this.lease === socket) return;
    this.lease = socket;
    const end = (): void => {
      if (this.lease === socket) this.forget();
    };
    socket.once('end', end).once('close', end);
  }

  private forget(): void {
    this.known = undefined;
    this.lease = undefined;
  }

  private failure(error: unknown, { aborted }: AbortSignal): ProxyError {
    const where = `the bootstrap server of ${this.target.host}, port ${this.port}`;
    const detail = aborted ? `no answer in ${this.times.timeout} ms` : String(error);
    const code = aborted ? 'prefill_bootstrap_timeout' : 'prefill_bootstrap';
    return new ProxyError(code, `${where}: ${detail}`, { cause: error });
  }
}

function inTime<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    awaited.then(resolve, reject);
  });
}
