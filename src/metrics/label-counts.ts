import type { LabelledValue } from './pulled-metric.js';
import { MOST_LABEL_SETS, OTHER } from './request-series.js';

/** A number by a set of labels: at most 1000 sets, what is beyond counts in a set of `other`. */
export class LabelCounts {
  private readonly counts = new Map<string, { labels: Record<string, string>; value: number }>();

  /** @param names of the labels @param fixed those that are no client's to choose, and stay as they are */
  constructor(
    private readonly names: readonly string[],
    private readonly fixed: readonly string[] = [],
  ) {}

  /** @param values one a name; allocates, and is not for what every request does */
  add(values: readonly string[], by = 1): void {
    const key = values.join('\0');
    let count = this.counts.get(key);
    if (!count) {
      if (this.counts.size >= MOST_LABEL_SETS && !this.isOther(values)) {
        return this.add(
          this.names.map((name, at) => (this.fixed.includes(name) ? values[at]! : OTHER)),
          by,
        );
      }
      const labels = Object.fromEntries(this.names.map((name, at) => [name, values[at]!]));
      this.counts.set(key, (count = { labels, value: 0 }));
    }
    count.value += by;
  }

  values(): LabelledValue[] {
    return [...this.counts.values()];
  }

  private isOther(values: readonly string[]): boolean {
    return this.names.every((name, at) => this.fixed.includes(name) || values[at] === OTHER);
  }
}
