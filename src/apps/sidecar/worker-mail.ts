import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { Target } from '../../endpoint/target.js';
import type { HealthAnswer } from '../../health/health.service.js';
import type { PoolSnapshot } from '../../kubernetes/inference-pool.js';
import type { PoolDifference } from '../../kubernetes/pool-mirror.js';
import type { MetricsDump } from '../../metrics/metrics-dump.js';
import type { AttemptOutcome, BreakerSnapshot } from '../../resilience/circuit-breaker.js';
import type { PemPair } from '../../tls/certificates.js';
import type { TracingSettings } from '../../tracing/tracing-settings.js';
import type { WorkerMail } from '../../workers/base-mail.js';
import type { Mailbox } from '../../workers/mailbox.js';
import type { ClientConnections } from './drain-hook.js';

/** What a pool selects, and how old that is in milliseconds. */
export interface WholePool {
  readonly snapshot: PoolSnapshot;
  readonly ageMs: number;
}

/** What became different, and how old that is in milliseconds. */
export interface PoolNews {
  readonly change: PoolDifference;
  readonly ageMs: number;
}

/** The pool is still what it was after the change of this number, as of so many milliseconds ago. */
export interface PoolAge {
  readonly number: number;
  readonly ageMs: number;
}

/** Everything that a worker must know before it serves. */
export interface WorkerSetup {
  /** Its number, in log lines. */
  readonly worker: number;
  /** Limits that are the program's are its share. */
  readonly config: SidecarConfig;
  readonly tracing?: TracingSettings | undefined;
  /** Undefined: clients speak plain HTTP. */
  readonly certificate?: PemPair | undefined;
  /** Whether a pool is watched; targets are refused until the first news of it. */
  readonly watchesPool: boolean;
  readonly pool?: WholePool | undefined;
  readonly breakers: readonly (readonly [prefiller: string, breaker: BreakerSnapshot])[];
  readonly unhealthy: readonly string[];
}

/** From the primary to each worker. */
export interface ToWorker {
  readonly told: {
    readonly pool: PoolNews;
    readonly poolAge: PoolAge;
    /** Without a snapshot: as new. */
    readonly breaker: { readonly prefiller: string; readonly breaker?: BreakerSnapshot };
    /** Labels of all prefillers that are not healthy. */
    readonly unhealthy: readonly string[];
    readonly certificate: PemPair;
    /** What is to be done with the connections of clients. */
    readonly connections: keyof ClientConnections;
    /** Finish what is in flight, within --shutdown-timeout, and end. */
    readonly drain: null;
  };
  readonly asked: {
    readonly metrics: { readonly question: null; readonly answer: MetricsDump };
  };
}

/** How an attempt at a prefiller ended, and in which era of its breaker it began. */
export interface AttemptReport {
  readonly prefiller: string;
  readonly era: number;
  readonly outcome: AttemptOutcome;
}

/** From a worker to the primary. */
export interface ToPrimary extends WorkerMail {
  readonly told: WorkerMail['told'] & {
    readonly attempt: AttemptReport;
    readonly probe: AttemptReport;
    readonly asked: Target;
    readonly metrics: MetricsDump;
  };
  readonly asked: {
    readonly setup: { readonly question: null; readonly answer: WorkerSetup };
    /** By a worker that missed a change. The answer is null until the pool was read. */
    readonly pool: { readonly question: null; readonly answer: WholePool | null };
    /** The answer is the era of the probe that may be made. */
    readonly probe: { readonly question: string; readonly answer: number | null };
    /** Of a data-parallel rank, or of all. */
    readonly readiness: { readonly question: number | null; readonly answer: HealthAnswer };
  };
}

/** A worker's end of the channel. */
export type Primary = Mailbox<ToPrimary, ToWorker>;
