import type { ServerHttp2Session } from 'node:http2';

/** Milliseconds between two questions whether a peer is still there. */
const EVERY_MS = 30_000;

/**
 * Finds the connections of peers that are gone without a word, as a machine that lost its power is: their requests would
 * count for ever. Each is pinged again and again, and cut where it has not answered until the next time.
 */
export class Keepalive {
  private readonly silent = new Set<ServerHttp2Session>();
  private readonly timer: NodeJS.Timeout;

  /** @param sessions those that are there, at any time */
  constructor(
    private readonly sessions: ReadonlySet<ServerHttp2Session>,
    interval = EVERY_MS,
  ) {
    // What came while this process was busy is read before anybody is cut for it.
    this.timer = setInterval(() => setImmediate(() => this.ask()), interval).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private ask(): void {
    for (const session of this.silent) session.destroy();
    this.silent.clear();
    for (const session of this.sessions) {
      if (session.destroyed) continue;
      this.silent.add(session);
      session.ping((error) => {
        if (!error) this.silent.delete(session);
      });
    }
  }
}
