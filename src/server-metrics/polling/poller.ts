import { EnginePage } from '../page/engine-page.js';
import { KeptConnection } from './kept-connection.js';
import { pageRequest } from './page-request.js';
import type { PollCommand, PollReport, PollSettings, PollTarget } from './poll-settings.js';
import { ReportBuilder } from './report-builder.js';
import { ServerOrigins } from './server-origins.js';
import { ServerPoll } from './server-poll.js';

/** A poll takes at most this long. */
const DEADLINE_MS = 1000;
/** Polls are begun, and what they found is told, at most this often. */
const TICK_MS = 5;
/** Polls that are begun in one tick at most: their answers come together. */
const MOST_A_TICK = 64;

/**
 * Polls servers in turn, each once an interval, spread evenly over it: no tick has much to do. A server that has not
 * answered is not asked again before it does, or its time is up.
 */
export class Poller {
  /** Milliseconds between two polls of a server. May change at any time. */
  interval: number;
  private readonly polls = new Map<number, ServerPoll>();
  private readonly order: ServerPoll[] = [];
  private cursor = 0;
  /** Those that were never asked: they do not wait for their turn. */
  private readonly fresh = new Set<ServerPoll>();
  private readonly running = new Set<ServerPoll>();
  private readonly report: ReportBuilder;
  private readonly origins: ServerOrigins;
  private readonly names: readonly (readonly string[])[];
  private timer: NodeJS.Timeout | undefined;
  private due = 0;
  private lastTick = 0;
  private lastTold = 0;
  private telling: NodeJS.Timeout | undefined;

  /** @param tell takes what was found out, at most every few milliseconds */
  constructor(
    private readonly settings: PollSettings,
    private readonly tell: (report: PollReport) => void,
  ) {
    this.interval = settings.interval;
    this.report = new ReportBuilder(settings);
    this.origins = new ServerOrigins(settings.tls);
    this.names = settings.engines.map((engine) => new EnginePage(engine).names);
  }

  obey(command: PollCommand): void {
    if (command.kind === 'add') this.add(command.target);
    else this.remove(command.id);
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.telling);
    for (const poll of this.polls.values()) poll.stop();
    this.polls.clear();
    this.order.length = 0;
    this.fresh.clear();
    this.running.clear();
  }

  private add(target: PollTarget): void {
    this.remove(target.id);
    const poll = this.pollOf(target);
    this.polls.set(target.id, poll);
    this.order.push(poll);
    this.fresh.add(poll);
    if (this.order.length > 1) return;
    this.lastTick = performance.now();
    this.wait();
  }

  private remove(id: number): void {
    const poll = this.polls.get(id);
    if (!poll) return;
    poll.stop();
    this.polls.delete(id);
    const index = this.order.indexOf(poll);
    this.order.splice(index, 1);
    if (index < this.cursor) this.cursor--;
    this.fresh.delete(poll);
    this.running.delete(poll);
    if (this.order.length === 0) clearTimeout(this.timer);
  }

  private pollOf({ id, host, port, engine }: PollTarget): ServerPoll {
    const { path, selectNames, engines } = this.settings;
    return new ServerPoll({
      id,
      engine: engines[engine]!,
      connection: new KeptConnection(this.origins.origin(host, port)),
      wholeHead: pageRequest(host, port, path, []),
      namedHead: pageRequest(host, port, path, this.names[engine]!),
      selectNames: selectNames && !path.includes('?'),
      report: this.report,
      settled: this.settled,
    });
  }

  private tick(): void {
    const now = performance.now();
    for (const poll of this.running) {
      if (!poll.busy) this.running.delete(poll);
      else if (now - poll.startedAt >= DEADLINE_MS) poll.expire(DEADLINE_MS);
    }
    const turns = (this.order.length * (now - this.lastTick)) / this.interval;
    this.due = Math.min(this.due + turns, MOST_A_TICK, this.order.length);
    this.lastTick = now;
    this.meetFresh(now);
    for (; this.due >= 1; this.due--) {
      if (this.cursor >= this.order.length) this.cursor = 0;
      this.start(this.order[this.cursor++]!, now);
    }
    this.wait();
  }

  private meetFresh(now: number): void {
    let met = 0;
    for (const poll of this.fresh) {
      if (met++ === MOST_A_TICK) return;
      this.fresh.delete(poll);
      this.start(poll, now);
    }
  }

  private start(poll: ServerPoll, now: number): void {
    if (poll.busy || poll.notBefore > now) return;
    this.running.add(poll);
    poll.start(now);
  }

  /** A few servers need few ticks, as long as newcomers and deadlines are not late. */
  private wait(): void {
    const pause = this.fresh.size > 0 ? 0 : this.interval / this.order.length;
    this.timer = setTimeout(() => this.tick(), Math.min(Math.max(pause, TICK_MS), 50));
  }

  private readonly settled = (): void => {
    if (this.telling) return;
    const pause = this.lastTold + TICK_MS - performance.now();
    if (pause <= 0) this.tellNow();
    else this.telling = setTimeout(() => this.tellNow(), pause);
  };

  private tellNow(): void {
    this.telling = undefined;
    if (this.report.empty) return;
    this.lastTold = performance.now();
    this.tell(this.report.take(this.interval));
  }
}
