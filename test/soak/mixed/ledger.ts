import { requestBody } from './bodies.js';
import type { Plan } from './plan.js';

/** What is known of one request: what was asked for, and what each side saw. */
export interface Entry {
  readonly plan: Plan;
  readonly body: Buffer;
  /** Prefill requests that came in. */
  prefills: number;
  /** Answers that the decoder began. */
  generated: number;
  /** `performance.now()` when the client left; 0 while it is there. */
  leftAt: number;
  /** Called when an engine sees the end of a leg that it was holding. */
  readonly waiting: Set<() => void>;
}

/** Finished requests are remembered this long, for what comes too late. */
const REMEMBERED_MS = 10_000;

/** Kinds of what must never happen. */
export const WRONGS = [
  'lost',
  'duplicated',
  'corrupted',
  'crossed',
  'hung',
  'truncated yet complete',
  'left unnoticed',
] as const;

export type Wrong = (typeof WRONGS)[number];

/** What takes longer is worth a look. */
const SLOW_LEAVE_MS = 500;
/** Samples kept of each kind. */
const SAMPLES = 8;

/** All requests under way, and all that went wrong. Engines and clients live in one process. */
export class Ledger {
  readonly wrongs = Object.fromEntries(WRONGS.map((wrong) => [wrong, 0])) as Record<Wrong, number>;
  readonly samples: string[] = [];
  /** Requests by fault; `none` for good ones. */
  readonly faults: Record<string, number> = {};
  finished = 0;
  /** Milliseconds from a client's leaving to the engine's seeing it, the longest. */
  slowestLeave = 0;
  /** Those that took long, in words. */
  readonly slowLeaves: string[] = [];
  private readonly entries = new Map<string, Entry>();
  private readonly old: { id: string; at: number }[] = [];

  open(plan: Plan): Entry {
    const body = requestBody(plan);
    const waiting = new Set<() => void>();
    const entry = { plan, body, prefills: 0, generated: 0, leftAt: 0, waiting };
    this.entries.set(plan.id, entry);
    return entry;
  }

  get(id: string): Entry | undefined {
    return this.entries.get(id);
  }

  /** The request that an engine got; undefined, and noted, when there is none of that name. */
  find(id: string, leg: string): Entry | undefined {
    const entry = this.entries.get(id);
    if (!entry) this.wrong('crossed', `${leg} got a request of nobody: "${id}"`);
    return entry;
  }

  close({ plan }: Entry): void {
    this.finished++;
    const kind = plan.fault ?? (plan.slow ? 'slow' : 'none');
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
    const now = performance.now();
    this.old.push({ id: plan.id, at: now });
    while (this.old.length > 0 && this.old[0]!.at < now - REMEMBERED_MS)
      this.entries.delete(this.old.shift()!.id);
  }

  wrong(kind: Wrong, sample: string): void {
    this.wrongs[kind]++;
    if (this.wrongs[kind] <= SAMPLES) this.samples.push(`${kind}: ${sample}`);
  }

  /** An engine saw the end of a leg whose client has left, or is about to. */
  sawLeave(entry: Entry): void {
    if (entry.leftAt === 0) return;
    const after = performance.now() - entry.leftAt;
    this.slowestLeave = Math.max(this.slowestLeave, after);
    if (after > SLOW_LEAVE_MS && this.slowLeaves.length < SAMPLES)
      this.slowLeaves.push(
        `${entry.plan.id} (${entry.plan.fault}): seen after ${Math.round(after)} ms`,
      );
  }
}
