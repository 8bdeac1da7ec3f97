import type { ProfileRecord } from '../../../scheduling/scheduling-result.js';

/** Decisions that are kept. */
const SIZE = 100;
/** Longer ids and names are cut: the ring must not grow with what clients think of. */
const LONGEST_NAME = 256;

type Records = ReadonlyMap<string, ProfileRecord>;

const NO_RECORDS: Records = new Map();

/** Why a request went where it went, as it is shown. */
export interface DecisionView {
  readonly requestId: string;
  readonly model: string;
  /** What the proxy was told, the first choice first; empty where no endpoint was found. */
  readonly picked: readonly string[];
  /** Who has answered, as the proxy says; null as long as it has not. */
  readonly served: string | null;
  readonly profiles: Readonly<Record<string, ProfileRecord>>;
}

/** A decision that is kept. */
export class DecisionEntry {
  /** Told by the proxy with the head of the answer. */
  served: string | null = null;

  constructor(
    private readonly requestId: string,
    private readonly model: string,
    readonly picked: readonly string[],
    private readonly records: Records,
  ) {}

  get view(): DecisionView {
    const { requestId, model, picked, served, records } = this;
    return { requestId, model, picked, served, profiles: Object.fromEntries(records) };
  }
}

/** The last decisions and their reasons, of those requests that were explained; a ring of fixed size. */
export class DecisionRing {
  private readonly ring: DecisionEntry[] = [];
  private count = 0;

  constructor(private readonly size = SIZE) {}

  /**
   * @param picked what the proxy is told, none where the decision failed
   * @param records of the profiles that ran
   */
  add(
    request: { readonly id: string; readonly model: string },
    picked: readonly string[],
    records: Records = NO_RECORDS,
  ): DecisionEntry {
    const cut = (text: string): string => text.slice(0, LONGEST_NAME);
    const entry = new DecisionEntry(cut(request.id), cut(request.model), picked, records);
    this.ring[this.count++ % this.size] = entry;
    return entry;
  }

  /** @returns at most so many, the newest one first */
  latest(limit: number): DecisionView[] {
    const oldest = Math.max(this.count - this.ring.length, this.count - limit);
    const views: DecisionView[] = [];
    for (let at = this.count - 1; at >= oldest; at--) views.push(this.ring[at % this.size]!.view);
    return views;
  }
}
