import { Worker } from 'node:worker_threads';
import {
  clockOffset,
  type PollCommand,
  type PollReport,
  type PollSettings,
  type PollTarget,
} from './poll-settings.js';
import type { PollThreadData } from './poll-thread.js';
import type { Polls, StartPolls } from './polls.js';

/** Polls make much short-lived waste: a small nursery costs them little, and the usual one would grow to 30 MB. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };
const RESTART_MS = 1000;

/** Polls in a thread of its own, which is started anew should it end by itself. */
class ThreadPolls implements Polls {
  private readonly targets = new Map<number, PollTarget>();
  private worker: Worker | undefined;
  private restart: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly settings: PollSettings,
    private readonly tell: (report: PollReport) => void,
    private readonly ended: (reason: unknown) => void,
  ) {
    this.begin();
  }

  send(command: PollCommand): void {
    if (command.kind === 'add') this.targets.set(command.target.id, command.target);
    else this.targets.delete(command.id);
    this.worker?.postMessage(command);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restart);
    await this.worker?.terminate();
  }

  private begin(): void {
    const workerData: PollThreadData = { settings: this.settings, clockOffset: clockOffset() };
    const file = new URL('./poll-thread.js', import.meta.url);
    const worker = new Worker(file, { workerData, resourceLimits: LIMITS, name: 'polls' });
    this.worker = worker;
    // It alone keeps no program alive.
    worker.unref();
    worker.on('message', (report: PollReport) => {
      if (!this.closed) this.tell(report);
    });
    let reason: unknown = 'it ended';
    worker.on('error', (error) => (reason = error));
    worker.once('exit', () => this.lost(reason));
    for (const target of this.targets.values()) worker.postMessage({ kind: 'add', target });
  }

  private lost(reason: unknown): void {
    this.worker = undefined;
    if (this.closed) return;
    this.ended(reason);
    this.restart = setTimeout(() => this.begin(), RESTART_MS).unref();
  }
}

export const pollInThread: StartPolls = (settings, tell, ended) =>
  new ThreadPolls(settings, tell, ended);
