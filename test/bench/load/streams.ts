import { TOKEN_CHUNK } from '../engine/answers.js';
import { percentile } from '../report/statistics.js';
import { monotonicMs, pause } from '../wire/clock.js';
import { shortPlan } from './closed-loop.js';
import { type Exchange, openExchange } from './exchange.js';
import { countFailure, type Failures } from './failures.js';
import type { Target } from './target.js';

/** What the streams have seen since the last mark; gaps are between a stream's arrivals, in ms. */
export interface StreamsResult {
  gapP50Ms: number;
  gapP99Ms: number;
  ended: number;
  failures: Failures;
}

/** The event's own bytes: the chunk less its size line and its two line ends. */
const TOKEN_BYTES = TOKEN_CHUNK.length - TOKEN_CHUNK.indexOf('\r\n') - 4;

/** Many streamed answers at a time, one a connection. */
export class Streams {
  private exchanges: Exchange[] = [];
  private ends: Promise<void>[] = [];
  private gaps: number[] = [];
  private ended = 0;
  private failures: Failures = {};

  /** Opens `count` streams of `tokens` tokens; resolves when each has its first bytes. */
  async open(target: Target, count: number, tokens: number): Promise<void> {
    this.clear();
    const firsts: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      const exchange = openExchange(target);
      this.exchanges.push(exchange);
      firsts.push(
        new Promise((first) => {
          this.ends.push(new Promise((end) => this.start(exchange, tokens, first, end)));
        }),
      );
      if (i % 50 === 49) await pause(5);
    }
    await Promise.all(firsts);
  }

  /** Forgets the gaps seen so far. */
  mark(): void {
    this.gaps = [];
  }

  /** The gaps since the mark. */
  read(): StreamsResult {
    const gaps = this.gaps.sort((a, b) => a - b);
    return {
      gapP50Ms: percentile(gaps, 0.5),
      gapP99Ms: percentile(gaps, 0.99),
      ended: this.ended,
      failures: this.failures,
    };
  }

  /** Waits until every stream has ended. */
  async drain(): Promise<void> {
    await Promise.all(this.ends);
  }

  /** Drops all connections. */
  clear(): void {
    for (const exchange of this.exchanges) exchange.destroy();
    this.exchanges = [];
    this.ends = [];
    this.gaps = [];
    this.ended = 0;
    this.failures = {};
  }

  private start(exchange: Exchange, tokens: number, first: () => void, end: () => void): void {
    let status = 0;
    let bytes = 0;
    let last = 0;
    const settle = (reason?: string): void => {
      if (reason === undefined) this.ended++;
      else countFailure(this.failures, reason);
      first();
      end();
    };
    exchange.send(shortPlan(true), {
      head: (code) => {
        status = code;
      },
      data: (_buffer, from, to) => {
        const now = monotonicMs();
        if (bytes === 0) first();
        else if (now !== last) this.gaps.push(now - last);
        bytes += to - from;
        last = now;
      },
      end: () => {
        if (status !== 200) settle(`status ${status}`);
        else settle(bytes < tokens * TOKEN_BYTES ? 'stream cut short' : undefined);
      },
      fail: (reason) => settle(reason),
    });
  }
}
