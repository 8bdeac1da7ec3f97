import type { RoutedExchange } from '../routing/routed-exchange.js';
import { decisionView, rounded, type Decided, type DecisionView } from './decision-view.js';

/** Longer paths and names are cut: the ring must not grow with what clients think of. */
const LONGEST_PATH = 1024;
const LONGEST_NAME = 256;

/** A request that has ended, as it is kept. */
interface Kept extends Decided {
  readonly endedAt: number;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly model: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly ttftMs: number | undefined;
}

/** A request that has ended, as it is shown. */
export interface DecisionRecord extends DecisionView {
  /** When it arrived, ISO 8601. */
  readonly time: string;
  readonly requestId: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly model: string | null;
  /** Of the answer that the client got. */
  readonly status: number;
  readonly durationMs: number;
  readonly ttftMs?: number;
  /** Code of the error table, where the answer was made here. */
  readonly error?: string;
}

/** The last requests and why they went where they went; a ring of fixed size. Bodies, keys and sessions are not in it. */
export class DecisionLog {
  /** How many were added in all. */
  count = 0;
  private readonly ring: Kept[] = [];

  /** @param size requests that are kept; 0 = none */
  constructor(readonly size: number) {}

  /** Called once for each request, when it has ended. */
  add(exchange: RoutedExchange, status: number, durationMs: number): void {
    if (this.size === 0) return;
    const { facts, request, decisions, attempts, model, errorCode, timings } = exchange;
    this.ring[this.count % this.size] = {
      endedAt: Date.now(),
      requestId: facts.requestId,
      method: request.method!,
      path: facts.path.slice(0, LONGEST_PATH),
      model: model?.slice(0, LONGEST_NAME),
      status,
      durationMs,
      ttftMs: timings.firstByte,
      decisions,
      attempts,
      errorCode,
    };
    this.count++;
  }

  /**
   * @param limit at most so many
   * @param after only those that were added after so many others
   * @returns the newest one first
   */
  latest(limit: number, after = 0): DecisionRecord[] {
    const oldest = Math.max(this.count - this.ring.length, this.count - limit, after, 0);
    const records: DecisionRecord[] = [];
    for (let at = this.count - 1; at >= oldest; at--) {
      records.push(recordOf(this.ring[at % this.size]!));
    }
    return records;
  }
}

function recordOf(kept: Kept): DecisionRecord {
  const { endedAt, requestId, method, path, model, status, durationMs, ttftMs, errorCode } = kept;
  return {
    time: new Date(endedAt - durationMs).toISOString(),
    ...{ requestId, method, path, model: model ?? null },
    ...decisionView(kept),
    status,
    durationMs: rounded(durationMs),
    ...(ttftMs !== undefined && { ttftMs: rounded(ttftMs) }),
    ...(errorCode !== undefined && { error: errorCode }),
  };
}
