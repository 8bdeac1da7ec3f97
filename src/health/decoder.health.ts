import type { ConnectionOptions } from 'node:tls';
import { HealthRequests } from '../endpoint/health-request.js';
import type { Readiness, ReadinessIndicator } from './readiness-indicator.js';

/** The decoder runs in the same pod; some model servers listen on one address family only. */
const LOOPBACK_HOSTS = ['127.0.0.1', '[::1]'] as const;
const TIMEOUT_MS = 2_000;
/** A probe's answer stands so long: probing us hard does not probe the decoder hard. */
const KEPT_MS = 1_000;
const FIRST_SERVER_ERROR = 500;

/** How the decoder's `GET /health` is asked. */
export interface DecoderHealthOptions {
  readonly port: number;
  /** Its data-parallel rank, where there are several. */
  readonly rank?: number | undefined;
  /** TLS settings of the decode leg; absent: plain HTTP. */
  readonly tls?: ConnectionOptions | undefined;
  /** Milliseconds for the whole probe; 2,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for which a result is kept; 1,000 unless given. */
  readonly keptMs?: number | undefined;
}

/**
 * Whether the decoder is reachable: any answer below 500 is a yes. Asks at most once a second,
 * however often it is asked itself; callers at the same time share one probe.
 */
export class DecoderHealth implements ReadinessIndicator {
  readonly name: string;
  readonly rank: number | undefined;
  private readonly requests: HealthRequests;
  private latest: Promise<Readiness> | undefined;

  constructor(private readonly options: DecoderHealthOptions) {
    this.rank = options.rank;
    this.name = this.rank === undefined ? 'decoder' : `decoder-${this.rank}`;
    this.requests = new HealthRequests(options.tls);
  }

  check(): Promise<Readiness> {
    this.latest ??= this.probeAndKeep();
    return this.latest;
  }

  private async probeAndKeep(): Promise<Readiness> {
    const readiness = await this.probe();
    const keptMs = this.options.keptMs ?? KEPT_MS;
    if (keptMs === 0) this.latest = undefined;
    else setTimeout(() => (this.latest = undefined), keptMs).unref();
    return readiness;
  }

  private async probe(): Promise<Readiness> {
    const signal = AbortSignal.timeout(this.options.timeoutMs ?? TIMEOUT_MS);
    let failure: unknown;
    for (const host of LOOPBACK_HOSTS) {
      try {
        const status = await this.requests.status(host, this.options.port, signal);
        if (status < FIRST_SERVER_ERROR) return { ready: true };
        return { ready: false, message: `answers with status ${status}` };
      } catch (error) {
        failure ??= error;
        if (signal.aborted) return { ready: false, message: 'does not answer in time' };
      }
    }
    return { ready: false, message: reasonOf(failure) };
  }
}

/** A reason without addresses: it is shown to whoever asks. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === 'ECONNREFUSED'
    ? 'refuses connections'
    : `is not reachable (${code ?? 'unknown'})`;
}
