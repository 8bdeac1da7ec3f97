import { AggregatorRegistry, type Registry } from 'prom-client';
import { dumpMetrics, lasting, without, type MetricsDump } from './metrics-dump.js';
import { MetricsReport } from './metrics-report.js';

/** Known to the process that reports alone: other processes see the same thing, or nothing. */
const OF_THIS_PROCESS: ReadonlySet<string> = new Set([
  'sidecar_circuit_breaker_state',
  'sidecar_allowlist_age_seconds',
  'sidecar_allowlist_addresses',
  'sidecar_workers',
  'sidecar_worker_restarts_total',
]);

/** Another process whose metrics are counted in. */
export interface MetricsSource {
  /** Unlike that of every other one, ended ones included. */
  readonly id: number;
  /** Its present metrics; rejects when it does not answer. */
  ask(): Promise<MetricsDump>;
}

/** One that is busy is reported as it last was. */
const ANSWER_WITHIN_MS = 1_000;
/** What so many ended processes counted is joined into one. */
const MAX_PAST = 16;

/**
 * The metrics of several processes as those of one program. What a process counted stays counted when it ends, as
 * far as it was told: no counter ever goes back.
 */
export class SummedReport extends MetricsReport {
  private readonly latest = new Map<number, MetricsDump>();
  /** Of processes that have ended, the first of them the sum of many. */
  private past: readonly MetricsDump[] = [];
  private joining = false;

  /** @param sources those that run at the moment */
  constructor(
    private readonly own: Registry,
    private readonly sources: () => readonly MetricsSource[],
  ) {
    super();
  }

  override get contentType(): string {
    return this.own.contentType;
  }

  override async text(): Promise<string> {
    await Promise.all(this.sources().map((source) => this.refresh(source)));
    const own = await dumpMetrics(this.own);
    return sum([own, ...this.latest.values(), ...this.past]).metrics();
  }

  /** A process tells its metrics, asked or not. */
  told(id: number, dump: MetricsDump): void {
    this.latest.set(id, without(dump, OF_THIS_PROCESS));
  }

  /** A process has ended; nothing is heard of it after this. */
  ended(id: number): void {
    const last = this.latest.get(id);
    if (!last) return;
    this.latest.delete(id);
    this.past = [...this.past, lasting(last)];
    if (this.past.length > MAX_PAST && !this.joining) void this.join();
  }

  private async join(): Promise<void> {
    this.joining = true;
    const { past } = this;
    const joined = (await sum(past).getMetricsAsJSON()) as MetricsDump;
    this.past = [joined, ...this.past.slice(past.length)];
    this.joining = false;
  }

  private async refresh(source: MetricsSource): Promise<void> {
    const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const late = new Promise<undefined>((resolve) => {
      limit.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const dump = await Promise.race([source.ask().catch(() => undefined), late]);
    const runs = this.sources().some(({ id }) => id === source.id);
    if (dump && runs) this.told(source.id, dump);
  }
}

function sum(dumps: readonly MetricsDump[]): Registry {
  return AggregatorRegistry.aggregate(dumps as unknown as object[]);
}
