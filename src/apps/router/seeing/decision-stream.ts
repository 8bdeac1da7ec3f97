import type { ServerResponse } from 'node:http';
import type { DecisionLog } from './decision-log.js';

/** However many requests a second there are, those who watch cost nothing a request. */
const EVERY_MS = 500;
/** Of one turn; more of them are counted. */
const MOST_AT_A_TIME = 20;
/** Who stays longer away than so many bytes is not told. */
const MOST_UNREAD = 256 * 1024;

/** `GET /debug/decisions/stream`: server-sent events, `{"decisions":[…],"leftOut":n}` twice a second where there are new ones. */
export class DecisionStream {
  private readonly watchers = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private seen = 0;

  constructor(private readonly log: DecisionLog) {}

  join(response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    response.write(': decisions, the newest first\n\n');
    if (this.watchers.size === 0) this.seen = this.log.count;
    this.watchers.add(response);
    this.timer ??= setInterval(() => this.tell(), EVERY_MS).unref();
    response.once('close', () => this.leave(response));
  }

  private leave(response: ServerResponse): void {
    this.watchers.delete(response);
    if (this.watchers.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tell(): void {
    const { count } = this.log;
    if (count === this.seen) return;
    const decisions = this.log.latest(MOST_AT_A_TIME, this.seen);
    const leftOut = count - this.seen - decisions.length;
    this.seen = count;
    const event = `data: ${JSON.stringify({ decisions, leftOut })}\n\n`;
    for (const watcher of this.watchers) {
      if (watcher.writableLength < MOST_UNREAD) watcher.write(event);
    }
  }
}
