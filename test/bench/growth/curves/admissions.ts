import { shortPlan } from '../../load/closed-loop.js';
import { type Exchange, openExchange } from '../../load/exchange.js';
import type { Target } from '../../load/target.js';
import { monotonicMs } from '../../wire/clock.js';

const WITHIN_MS = 60_000;

/** Asks again and again whether a prefiller is let through. */
export class Admissions {
  private readonly exchange: Exchange;
  private readonly plan = shortPlan(false);

  constructor(target: Target) {
    this.exchange = openExchange(target);
  }

  /** Resolves when a request is answered with `status`. */
  async until(status: number): Promise<void> {
    const start = monotonicMs();
    while ((await this.ask()) !== status)
      if (monotonicMs() - start > WITHIN_MS) throw new Error(`no answer with ${status}`);
  }

  close(): void {
    this.exchange.destroy();
  }

  /** The status of an answer; 0 for none: some cut the connection of a client that they refuse. */
  private ask(): Promise<number> {
    return new Promise((resolve) => {
      let status = 0;
      this.exchange.send(this.plan, {
        head: (code) => {
          status = code;
        },
        end: () => resolve(status),
        fail: () => resolve(status),
      });
    });
  }
}
