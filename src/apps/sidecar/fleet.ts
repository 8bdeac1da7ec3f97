import type { InferencePoolWatcher } from '../../kubernetes/inference-pool.watcher.js';
import type { HealthService } from '../../health/health.service.js';
import type { Logger } from '../../logging/logger.js';
import type { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import type { MetricsSource, SummedReport } from '../../metrics/summed-report.js';
import type { Prefillers } from '../../prefiller/prefillers.js';
import type { BreakerLeader } from '../../resilience/breaker-leader.js';
import { pemOf, type ServerCertificates } from '../../tls/certificates.js';
import type { HeartbeatSettings } from '../../workers/heartbeat.js';
import { Supervisor, type SupervisorHooks } from '../../workers/supervisor.js';
import type { ExitStatus, Worker } from '../../workers/worker.js';
import type { WorkerReports } from '../../workers/base-mail.js';
import type { ClientConnections } from './drain-hook.js';
import { wholePool } from './pool-news.js';
import type { ToPrimary, ToWorker, WorkerSetup } from './worker-mail.js';

/** What the workers' questions are answered with; there once the primary's own parts are. */
export interface FleetSources {
  /** What is the same for all workers. */
  readonly setup: Pick<WorkerSetup, 'config' | 'tracing'>;
  readonly certificates: ServerCertificates | undefined;
  readonly pool: InferencePoolWatcher | undefined;
  readonly prefillers: Prefillers;
  readonly leader: BreakerLeader;
  readonly health: HealthService;
  readonly metrics: SidecarMetrics;
  readonly report: SummedReport;
  readonly logger: Logger;
}

type SidecarWorker = Worker<ToWorker, ToPrimary>;

/** The workers of a sidecar: they serve the data port, and know what this process knows. */
export class Fleet implements ClientConnections {
  private readonly supervisor: Supervisor<ToWorker, ToPrimary>;
  /** Those that got their setup: they are told what changes. */
  private readonly informed = new Set<SidecarWorker>();
  /** Whether answers are the last ones of their connections: workers that come later are told. */
  private ending = false;
  private provide!: (sources: FleetSources) => void;
  private readonly sources = new Promise<FleetSources>((resolve) => (this.provide = resolve));

  /**
   * @param lines gets what workers log
   * @param gaveUp called when workers end again and again before they serve
   * @param heartbeat how long one may go without an answer; the usual time if left out
   */
  constructor(
    count: number,
    lines: (lines: string) => void,
    gaveUp: (reason: string) => void,
    heartbeat?: HeartbeatSettings,
  ) {
    const hooks: SupervisorHooks<ToWorker, ToPrimary> = {
      forked: (worker) => void this.sources.then((sources) => this.introduce(worker, sources)),
      serves: (worker) => this.say('info', 'worker serves', worker),
      silent: (worker, silentMs) =>
        this.say('warn', 'a worker does not answer', worker, { silentMs }),
      answers: (worker) => this.say('info', 'a worker answers again', worker),
      killed: (worker, why) => this.say('error', 'a worker is killed', worker, why),
      lost: (worker, exit, delayMs) => void this.onLost(worker, exit, delayMs),
      gaveUp,
      lines,
    };
    this.supervisor = new Supervisor(count, hooks, heartbeat);
    process.once('exit', () => this.supervisor.kill());
  }

  /** How many workers serve, and answer. */
  get serving(): number {
    return this.supervisor.serving;
  }

  /** Those whose metrics are counted in. */
  get metricsSources(): MetricsSource[] {
    return [...this.informed].map(({ id, mail }) => ({ id, ask: () => mail.ask('metrics', null) }));
  }

  /** Starts the processes, which wait for {@link inform}. @throws WorkerStartError */
  start(): Promise<WorkerReports['ready']> {
    return this.supervisor.start();
  }

  /** From now on workers get answers. */
  inform(sources: FleetSources): void {
    this.provide(sources);
  }

  tell<K extends keyof ToWorker['told']>(name: K, body: ToWorker['told'][K]): void {
    for (const { mail } of this.informed) mail.tell(name, body);
  }

  endConnections(): void {
    this.ending = true;
    this.tell('connections', 'endConnections');
  }

  closeIdle(): void {
    this.tell('connections', 'closeIdle');
  }

  keepConnections(): void {
    this.ending = false;
    this.tell('connections', 'keepConnections');
  }

  /** As a listener's: requests in flight finish, up to the deadline, and all workers end. */
  async drain(deadlineMs: number): Promise<void> {
    this.tell('drain', null);
    await this.supervisor.ended(deadlineMs);
  }

  /** Ends all workers at once. */
  closeNow(): void {
    this.supervisor.kill();
  }

  private introduce(worker: SidecarWorker, sources: FleetSources): void {
    const { mail, id, slot } = worker;
    const { leader, prefillers, health, report, pool } = sources;
    mail.onTold('attempt', ({ prefiller, era, outcome }) => {
      leader.report(prefiller, era, outcome);
    });
    mail.onTold('probe', ({ prefiller, era, outcome }) => leader.endProbe(prefiller, era, outcome));
    mail.onTold('asked', (target) => prefillers.note(target));
    mail.onTold('metrics', (dump) => report.told(id, dump));
    mail.onAsked('probe', (prefiller, answer) => answer(leader.grant(prefiller, id) ?? null));
    mail.onAsked('pool', (_, answer) => answer(wholePool(pool) ?? null));
    mail.onAsked('readiness', (rank, answer) => {
      void health.readiness(rank ?? undefined).then(answer);
    });
    mail.onAsked('setup', (_, answer) => {
      this.informed.add(worker);
      answer(setupFor(slot, sources));
      if (this.ending) mail.tell('connections', 'endConnections');
    });
    void worker.ended.then(() => {
      this.informed.delete(worker);
      leader.followerEnded(id);
      report.ended(id);
    });
  }

  private say(
    level: 'info' | 'warn' | 'error',
    message: string,
    { slot, pid }: SidecarWorker,
    more: object = {},
  ): void {
    void this.sources.then(({ logger }) => logger[level](message, { worker: slot, pid, ...more }));
  }

  private async onLost(
    { slot, pid, failed }: SidecarWorker,
    { code, signal }: ExitStatus,
    delayMs: number | undefined,
  ): Promise<void> {
    const { logger, metrics } = await this.sources;
    const how = failed ? { reason: failed.reason } : { code, signal };
    logger.error('a worker ended', { worker: slot, pid, ...how, restartInMs: delayMs });
    if (delayMs !== undefined) metrics.workerRestarted();
  }
}

function setupFor(
  slot: number,
  { setup, certificates, pool, leader, prefillers }: FleetSources,
): WorkerSetup {
  return {
    ...setup,
    worker: slot,
    certificate: certificates && pemOf(certificates.current),
    watchesPool: pool !== undefined,
    pool: wholePool(pool),
    breakers: leader.snapshots,
    unhealthy: prefillers.unhealthyLabels,
  };
}
