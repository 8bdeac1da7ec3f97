import type { MetricSpec } from './metric-spec.js';
import type { SampleTaker } from './page-scanner.js';
import { labelOf, type SampleLabels } from './sample-labels.js';

/** How samples of one metric that differ in their labels come to one value. */
export type Combination = 'sum' | 'mean' | 'first' | 'largest';

/**
 * The value of one metric of a page. A server of several ranks has a sample each. Where samples have timestamps, only
 * the latest count. Infinite values and NaN say nothing and do not count.
 */
export class Gathered implements SampleTaker {
  readonly readsLabels: boolean;
  private latest = -Infinity;
  private count = 0;
  private combined = 0;
  /** By rank what counts of it. */
  private readonly ranks = new Map<string, number>();

  /** @param rankLabel samples that agree in it are told by several processes of one rank: the largest counts */
  constructor(
    private readonly spec: MetricSpec,
    private readonly combination: Combination,
    private readonly rankLabel?: string,
  ) {
    this.readsLabels = spec.labels.length > 0 || rankLabel !== undefined;
  }

  get found(): boolean {
    return this.count > 0;
  }

  get value(): number {
    return this.combination === 'mean' ? this.combined / this.count : this.combined;
  }

  begin(): void {
    this.latest = -Infinity;
    this.forget();
  }

  take(value: number, timestamp: number, labels: SampleLabels): void {
    if (!Number.isFinite(value) || timestamp < this.latest || !matches(this.spec, labels)) return;
    if (timestamp > this.latest) this.forget();
    this.latest = timestamp;
    if (this.rankLabel !== undefined)
      return this.ofRank(labelOf(labels, this.rankLabel) ?? '', value);
    this.add(value);
  }

  private add(value: number): void {
    if (this.count++ === 0) this.combined = value;
    else if (this.combination === 'largest') this.combined = Math.max(this.combined, value);
    else if (this.combination !== 'first') this.combined += value;
  }

  private ofRank(rank: string, value: number): void {
    const before = this.ranks.get(rank);
    if (before === undefined) this.add(value);
    else if (value > before) this.combined += value - before;
    else return;
    this.ranks.set(rank, value);
  }

  private forget(): void {
    this.count = 0;
    this.combined = 0;
    if (this.ranks.size > 0) this.ranks.clear();
  }
}

/** Whether a sample has all labels that are asked for. */
export function matches(spec: MetricSpec, labels: SampleLabels): boolean {
  return spec.labels.every(([name, value]) => labelOf(labels, name) === value);
}
