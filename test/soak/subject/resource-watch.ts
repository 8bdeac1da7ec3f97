import { pause } from '../../bench/wire/clock.js';
import { atMost, type Figure } from '../report/figure.js';
import type { Subject } from './subject.js';

const MIB = 1024 * 1024;
const SAMPLE_MS = 250;
/** Idle connections to engines are gone after 4 s and a sweep. */
const REST_MS = 6000;

/** What a process holds at rest. */
export interface Mark {
  readonly heapMiB: number;
  readonly fds: readonly string[];
}

/** Watches memory and descriptors of programs under test. */
export class ResourceWatch {
  peakMiB = 0;
  /** What differs between two marks, in words. */
  readonly notes: string[] = [];
  readonly subjects: readonly Subject[];
  private readonly timer: NodeJS.Timeout;

  constructor(subjects: readonly Subject[]) {
    this.subjects = subjects;
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Waits until a program without clients has let go of what it kept for the next ones. */
  async rest(): Promise<void> {
    await pause(REST_MS);
    for (const subject of this.subjects) {
      if (subject.hasEnded)
        throw new Error(
          `it ended by itself with ${await subject.exited}: ${subject.log().slice(-3000)}`,
        );
    }
  }

  mark(): Promise<Mark[]> {
    return Promise.all(
      this.subjects.map(async (subject) => {
        const fds = subject.fds();
        return { fds, heapMiB: (await subject.heap()) / MIB };
      }),
    );
  }

  /** What has grown between two marks of the subject `at`. */
  compare(at: number, before: Mark, after: Mark, heapMiB: number): Figure[] {
    const name = this.subjects[at]!.tls ? 'TLS' : 'plain';
    const more = after.fds.length - before.fds.length;
    if (more !== 0)
      this.notes.push(`descriptors, ${name}: ${count(before.fds)} -> ${count(after.fds)}`);
    return [
      atMost(heapMiB, `heap after gc, ${name}: growth`, after.heapMiB - before.heapMiB, 'MiB'),
      atMost(0, `descriptors, ${name}: growth`, more),
    ];
  }

  private sample(): void {
    for (const subject of this.subjects) this.peakMiB = Math.max(this.peakMiB, subject.rss() / MIB);
  }
}

function count(fds: readonly string[]): string {
  const counts: Record<string, number> = {};
  for (const fd of fds) counts[fd] = (counts[fd] ?? 0) + 1;
  return JSON.stringify(counts);
}
