import type { WorkerMail, WorkerReports } from './base-mail.js';
import { Heartbeat, USUAL_HEARTBEAT, type HeartbeatSettings } from './heartbeat.js';
import type { Mail } from './mailbox.js';
import { RestartPolicy } from './restart-policy.js';
import { relayWholeLines } from './whole-lines.js';
import { forkWorker, Worker, type ExitStatus } from './worker.js';

/** Why a worker is killed: no answer for so long, or still there so long after it was told to end. */
export type KillReason = { readonly silentMs: number } | { readonly stopMs: number };

/** What the owner of the workers is told. */
export interface SupervisorHooks<Out extends Mail, In extends WorkerMail> {
  /** A worker's process was started: the handlers of its mail belong here. */
  forked(worker: Worker<Out, In>): void;
  /** A worker serves. */
  serves(worker: Worker<Out, In>): void;
  /** A worker has ended that was not told to. @param delayMs until another takes its place */
  lost(worker: Worker<Out, In>, exit: ExitStatus, delayMs: number | undefined): void;
  /** A worker that serves has not answered for so long: it does not count. @param ms milliseconds */
  silent(worker: Worker<Out, In>, ms: number): void;
  /** It does again. */
  answers(worker: Worker<Out, In>): void;
  /** A worker is killed: it hangs, or has not ended in time. Where it was not told to end, `lost` follows. */
  killed(worker: Worker<Out, In>, why: KillReason): void;
  /** Workers end before they serve, again and again: no other one is started. */
  gaveUp(reason: string): void;
  /** Lines that workers write to stderr, whole ones. */
  lines(lines: string): void;
}

/** A worker could not start; the message is its own. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';

  constructor(
    message: string,
    /** The system's, where there is one (EADDRINUSE, …). */
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** After the time for stopping, a worker has so long to end by itself. */
const STOP_GRACE_MS = 2_000;

/**
 * Keeps a number of workers running: processes of the same program that share its listening sockets.
 *
 * @see https://nodejs.org/api/cluster.html
 */
export class Supervisor<Out extends Mail, In extends WorkerMail> {
  /** Those whose process runs; a heartbeat from when they serve. */
  private readonly running = new Map<Worker<Out, In>, Heartbeat | undefined>();
  private readonly policy = new RestartPolicy();
  private readonly timers = new Set<NodeJS.Timeout>();
  private pulse: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(
    private readonly count: number,
    private readonly hooks: SupervisorHooks<Out, In>,
    private readonly heartbeat: HeartbeatSettings = USUAL_HEARTBEAT,
  ) {}

  /** Those whose process runs. */
  get workers(): readonly Worker<Out, In>[] {
    return [...this.running.keys()];
  }

  /** How many of them serve, and answer. */
  get serving(): number {
    return [...this.running.values()].filter((beat) => beat && !beat.isSilent).length;
  }

  /**
   * Starts all workers.
   *
   * @returns where they serve, once all do
   * @throws WorkerStartError when one of them cannot; the others are ended then
   */
  async start(): Promise<WorkerReports['ready']> {
    this.pulse = setInterval(() => {
      for (const beat of this.running.values()) beat?.turn();
    }, this.heartbeat.everyMs).unref();
    const starts = Array.from({ length: this.count }, (_, index) => this.fork(index + 1));
    try {
      const [first] = await Promise.all(starts.map((worker) => this.firstStart(worker)));
      return first!;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /**
   * No other worker is started; those that run are expected to end, having been told to.
   *
   * @param withinMs after that, and a short grace, they are killed
   * @returns when all have ended and their output is complete
   */
  async ended(withinMs: number): Promise<void> {
    this.stop();
    const stopMs = withinMs + STOP_GRACE_MS;
    const limit = setTimeout(() => {
      for (const worker of this.workers) this.hooks.killed(worker, { stopMs });
      this.kill();
    }, stopMs);
    // One that does not serve yet was told nothing.
    for (const worker of this.workers) if (!worker.ready) worker.kill();
    await Promise.all(this.workers.map(({ ended }) => ended));
    clearTimeout(limit);
    clearInterval(this.pulse);
  }

  /** Ends all workers at once. */
  kill(): void {
    this.stop();
    clearInterval(this.pulse);
    for (const worker of this.workers) worker.kill();
  }

  private stop(): void {
    this.stopping = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private fork(slot: number): Worker<Out, In> {
    const child = forkWorker();
    const worker = new Worker<Out, In>(slot, child);
    relayWholeLines(child.process.stderr!, (lines) => this.hooks.lines(lines));
    child.on('error', () => undefined);
    this.running.set(worker, undefined);
    worker.mail.onTold('ready', (where) => {
      worker.serves(where);
      this.running.set(worker, this.heartbeatOf(worker));
      this.policy.ready();
      this.hooks.serves(worker);
    });
    worker.mail.onTold('failed', (failure) => {
      worker.failed = failure;
    });
    this.hooks.forked(worker);
    void worker.ended.then((exit) => this.onEnd(worker, exit));
    return worker;
  }

  private async firstStart(worker: Worker<Out, In>): Promise<WorkerReports['ready']> {
    const end = worker.ended.then((exit): never => {
      const error = new WorkerStartError(reasonOf(worker, exit), worker.failed?.code);
      const stack = worker.failed?.stack;
      if (stack !== undefined) error.stack = stack;
      throw error;
    });
    return Promise.race([worker.serving, end]);
  }

  private heartbeatOf(worker: Worker<Out, In>): Heartbeat {
    return new Heartbeat(() => worker.mail.ping(), this.heartbeat, {
      silent: (ms) => this.hooks.silent(worker, ms),
      answers: () => this.hooks.answers(worker),
      dead: (silentMs) => {
        this.hooks.killed(worker, { silentMs });
        worker.kill();
      },
    });
  }

  private onEnd(worker: Worker<Out, In>, exit: ExitStatus): void {
    this.running.delete(worker);
    if (this.stopping) return;
    const livedMs = performance.now() - worker.startedAt;
    const delay = this.policy.next({ wasReady: worker.ready !== undefined, livedMs });
    this.hooks.lost(worker, exit, delay);
    if (delay === undefined) {
      this.stop();
      this.hooks.gaveUp(reasonOf(worker, exit));
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.fork(worker.slot);
    }, delay);
    this.timers.add(timer);
  }
}

function reasonOf(
  { slot, failed }: Pick<Worker<Mail, WorkerMail>, 'slot' | 'failed'>,
  { code, signal }: ExitStatus,
): string {
  return failed?.reason ?? `worker ${slot} ended with ${signal ?? `code ${code}`}`;
}
