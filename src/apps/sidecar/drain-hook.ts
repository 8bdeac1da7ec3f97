import { setTimeout as sleep } from 'node:timers/promises';
import type { Listener } from '../../listener/listener.js';
import type { Logger } from '../../logging/logger.js';

/** The connections of clients, here or in other processes. */
export type ClientConnections = Pick<Listener, 'endConnections' | 'closeIdle' | 'keepConnections'>;

/**
 * For how long, in ms, answers go on to end their connections after a hook: the model server of a pod that is going ends what
 * it has in flight meanwhile. Whoever else asked has done no harm that lasts.
 */
const AFTER_MS = 60_000;

/**
 * Lets clients go to other pods while this one still serves: theirs is the choice when they connect, and no Service's while
 * they keep a connection.
 */
export class DrainHook {
  /** Of `performance.now()`. */
  private until = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param afterMs for tests */
  constructor(
    private readonly clients: ClientConnections,
    private readonly logger: Logger,
    private readonly afterMs = AFTER_MS,
  ) {}

  /**
   * From now on each answer is the last one of its connection; after some time idle connections are closed, and a while later
   * all is as before, unless a shutdown began. Of several calls at once each lasts as long as it says.
   *
   * @param seconds until idle connections are closed
   * @returns when they are
   */
  async run(seconds: number): Promise<void> {
    this.clients.endConnections();
    this.keepAfter(seconds * 1000 + this.afterMs);
    this.logger.info('drain hook: each answer ends its connection', { seconds });
    await sleep(seconds * 1000, undefined, { ref: false });
    this.clients.closeIdle();
    this.logger.info('drain hook: idle connections are closed', { seconds });
  }

  private keepAfter(milliseconds: number): void {
    const until = performance.now() + milliseconds;
    if (until < this.until) return;
    this.until = until;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.clients.keepConnections();
      this.logger.info('drain hook: connections are kept again, as no shutdown came');
    }, milliseconds).unref();
  }
}
