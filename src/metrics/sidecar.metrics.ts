import type { Counter, Registry } from 'prom-client';
import type { ErrorMetric } from '../errors/error-row.js';
import { MetricSet } from './metric-set.js';
import {
  BREAKER_STATES,
  ERROR_TYPES,
  OTHER_PATH,
  SIDECAR_METRICS,
  type BreakerState,
} from './metric-table.js';

/** What changes by itself: a breaker half-opens and an allowlist ages without an event. */
export interface ObservedState {
  /** How many prefillers' breakers are in each state. */
  breakers?: () => Readonly<Record<BreakerState, number>>;
  allowlist?: () => { readonly ageMs: number; readonly size: number };
  /** How many processes serve clients; this one alone, unless somebody knows better. */
  workers?: () => number;
}

const LOWEST_STATUS = 100;
const HIGHEST_STATUS = 599;

/**
 * Counts what the sidecar does. Made once a process (once an application in tests), before Nest
 * starts; each method is one event of a request. Times are seconds.
 */
export class SidecarMetrics {
  private readonly metrics = new MetricSet(SIDECAR_METRICS);
  private readonly requests: RequestCounter;
  private readonly inFlight = this.metrics.gauge('sidecar_in_flight_requests');
  private readonly duration = this.metrics.histogram('sidecar_request_duration_seconds');
  private readonly ttft = this.metrics.histogram('sidecar_ttft_seconds');
  private readonly encode = this.metrics.histogram('sidecar_encode_duration_seconds');
  private readonly prefill = this.metrics.histogram('sidecar_prefill_duration_seconds');
  private readonly decode = this.metrics.histogram('sidecar_decode_duration_seconds');
  private readonly errors = this.metrics.counter('sidecar_errors_total');
  private readonly fallbacks = this.metrics.counter('sidecar_prefill_fallbacks_total');
  private readonly retries = this.metrics.counter('sidecar_retries_total');
  private readonly blockedTargets = this.metrics.counter('ssrf_blocked_total');
  private readonly withoutKv = this.metrics.counter('sidecar_prefill_without_kv_params_total');
  private readonly chunks = this.metrics.counter('sidecar_decode_chunks_total');
  private readonly restarted = this.metrics.counter('sidecar_decode_restarts_total');
  private readonly ignoredHeaders = this.metrics.counter('sidecar_ignored_prefill_header_total');
  private readonly restarts = this.metrics.counter('sidecar_worker_restarts_total');
  private readonly gone = this.metrics.counter('sidecar_client_gone_total');
  private readonly reresolved = this.metrics.counter('moriio_dns_reresolve_total');
  private readonly readdressed = this.metrics.counter('moriio_dns_ip_changed_total');
  private readonly unresolved = this.metrics.counter('moriio_dns_lookup_failures_total');

  /** Asked when the metrics are read; whoever knows sets them at start. */
  readonly observed: ObservedState = {};

  /** @param routes paths that get a `path` label of their own; every other one is `other` */
  constructor(routes: readonly string[]) {
    this.requests = new RequestCounter(this.metrics.counter('sidecar_requests_total'), routes);
    for (const type of Object.keys(ERROR_TYPES)) this.errors.inc({ type }, 0);
    this.watchBreakers();
    this.watchAllowlist();
    this.metrics.gauge('sidecar_workers', (gauge) => gauge.set(this.observed.workers?.() ?? 1));
  }

  /** Where all of this is registered, with nothing else. */
  get registry(): Registry {
    return this.metrics.registry;
  }

  /** Adds process metrics (CPU, memory, event-loop lag, GC) to the registry. Once, at start. */
  collectProcessMetrics(): void {
    this.metrics.collectProcessMetrics();
  }

  requestStarted(): void {
    this.inFlight.inc();
  }

  /**
   * @param path of the request, without its query
   * @param status sent to the client; 499 where it left before there was one
   */
  requestFinished(path: string, status: number, seconds: number): void {
    this.inFlight.dec();
    this.requests.count(path, status);
    this.duration.observe(seconds);
  }

  firstByte(seconds: number): void {
    this.ttft.observe(seconds);
  }

  encodeFinished(seconds: number): void {
    this.encode.observe(seconds);
  }

  prefillFinished(seconds: number): void {
    this.prefill.observe(seconds);
  }

  decodeFinished(seconds: number): void {
    this.decode.observe(seconds);
  }

  error(type: ErrorMetric): void {
    this.errors.inc({ type });
  }

  retried(): void {
    this.retries.inc();
  }

  fellBack(): void {
    this.fallbacks.inc();
  }

  blocked(): void {
    this.blockedTargets.inc();
  }

  prefillWithoutKvParams(): void {
    this.withoutKv.inc();
  }

  decodeChunk(): void {
    this.chunks.inc();
  }

  decodeRestarted(): void {
    this.restarted.inc();
  }

  ignoredPrefillHeader(): void {
    this.ignoredHeaders.inc();
  }

  workerRestarted(): void {
    this.restarts.inc();
  }

  clientGone(): void {
    this.gone.inc();
  }

  dnsReresolved(): void {
    this.reresolved.inc();
  }

  dnsAddressChanged(): void {
    this.readdressed.inc();
  }

  dnsLookupFailed(): void {
    this.unresolved.inc();
  }

  private watchBreakers(): void {
    this.metrics.gauge('sidecar_circuit_breaker_state', (gauge) => {
      const counts = this.observed.breakers?.();
      for (const state of BREAKER_STATES) gauge.set({ state }, counts?.[state] ?? 0);
    });
  }

  private watchAllowlist(): void {
    this.metrics.gauge('sidecar_allowlist_age_seconds', (gauge) => {
      gauge.set((this.observed.allowlist?.().ageMs ?? 0) / 1000);
    });
    this.metrics.gauge('sidecar_allowlist_addresses', (gauge) => {
      gauge.set(this.observed.allowlist?.().size ?? 0);
    });
  }
}

/** `sidecar_requests_total`, with its label sets bound: no hashing of labels on the hot path. */
class RequestCounter {
  private readonly children = new Map<string, Map<number, Counter.Internal>>();

  constructor(
    private readonly counter: Counter,
    routes: readonly string[],
  ) {
    for (const path of [...routes, OTHER_PATH]) {
      this.children.set(path, new Map());
      this.counter.inc({ path, status: 200 }, 0);
    }
  }

  count(path: string, status: number): void {
    const known = this.children.has(path) ? path : OTHER_PATH;
    const byStatus = this.children.get(known);
    const bounded = status >= LOWEST_STATUS && status <= HIGHEST_STATUS ? status : HIGHEST_STATUS;
    let child = byStatus?.get(bounded);
    if (child === undefined) {
      child = this.counter.labels({ path: known, status: bounded });
      byStatus?.set(bounded, child);
    }
    child.inc();
  }
}
