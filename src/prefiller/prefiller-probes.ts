import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { HealthRequests } from '../endpoint/health-request.js';
import { urlHost } from '../endpoint/ip.js';
import type { Target } from '../endpoint/target.js';
import { Origins } from '../proxy/origins.js';
import { Allowlist } from '../ssrf/allowlist.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { PrefillerSharing } from './prefiller-sharing.js';
import { Prefillers } from './prefillers.js';

/** A round waits for its slowest probe, so that a short interval does not mean a short time-out. */
const TIMEOUT_MS = 2_000;
/** Probes under way at one time. */
const MAX_RUNNING = 16;
const FIRST_SERVER_ERROR = 500;

/**
 * Asks prefillers `GET /health` every `--prefiller-health-interval`: those of the pool and those that requests
 * were sent to. One that does not answer well is asked last until it does. Of several processes one asks for all.
 */
@Injectable()
export class PrefillerProbes implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopped = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
    private readonly prefillers: Prefillers,
    private readonly pool: PoolPrefillers,
    private readonly allowlist: Allowlist,
    private readonly origins: Origins,
    private readonly sharing: PrefillerSharing,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.prefillerHealthInterval > 0 && this.sharing.leads) void this.round();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.stopped.abort();
  }

  /** Probes all, then waits: a round never overtakes the one before. */
  private async round(): Promise<void> {
    const waiting = this.known();
    const worker = async (): Promise<void> => {
      for (let one = waiting.pop(); one; one = waiting.pop()) await this.probe(one);
    };
    await Promise.all(Array.from({ length: Math.min(MAX_RUNNING, waiting.length) }, worker));
    if (this.stopped.signal.aborted) return;
    this.timer = setTimeout(() => void this.round(), this.config.prefillerHealthInterval);
    this.timer.unref();
  }

  private known(): Target[] {
    this.prefillers.forgetIdle();
    const all = [...this.prefillers.known, ...this.pool.discovered()];
    const known = [...new Map(all.map((one) => [one.label, one])).values()];
    this.prefillers.keepHealthOf(known);
    return known;
  }

  private async probe(target: Target): Promise<void> {
    // What may not be asked for a client is not asked for a probe either.
    if (this.stopped.signal.aborted || !this.allowlist.stillAllows(target)) return;
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const { addresses, port, tls } = this.origins.prefiller(target);
    const healthy = await new HealthRequests(tls)
      .status(urlHost(addresses[0]!), port, signal)
      .then((status) => status < FIRST_SERVER_ERROR)
      .catch(() => false);
    if (!this.stopped.signal.aborted) this.prefillers.setHealthy(target, healthy);
  }
}
