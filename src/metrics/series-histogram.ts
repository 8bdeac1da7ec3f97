import type { Metric, Registry } from 'prom-client';
import { headOf, labelText, lineOf, type WrittenMetric } from './exposition.js';
import type { MetricRow } from './metric-table.js';

/** The observations of one set of labels. */
export class HistogramSeries {
  /** Of each bucket alone; the last one is that beyond all bounds. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;
  private written: string | undefined;

  constructor(
    private readonly bounds: readonly number[],
    readonly labels: Readonly<Record<string, string>>,
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Its labels as a page has them. */
  get labelText(): string {
    return (this.written ??= labelText(this.labels));
  }

  /** @param times that it was observed */
  observe(value: number, times = 1): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    counts[at]! += times;
    this.count += times;
    this.sum += value * times;
  }
}

/**
 * A histogram for what happens at every token: whoever observes keeps its series, and no labels are looked up. That of
 * prom-client costs more than passing the token on.
 */
export class SeriesHistogram implements WrittenMetric {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly help: string;
  readonly bounds: readonly number[];
  readonly all: HistogramSeries[] = [];

  constructor(
    readonly name: string,
    { help, buckets = [] }: MetricRow,
    registry: Registry,
  ) {
    this.help = help;
    this.bounds = buckets;
    registry.registerMetric(this as unknown as Metric);
  }

  /** @param labels of which there is no series yet */
  series(labels: Readonly<Record<string, string>>): HistogramSeries {
    const series = new HistogramSeries(this.bounds, labels);
    this.all.push(series);
    return series;
  }

  /** Called by prom-client's registry. */
  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = this.all.flatMap((series) => this.valuesOf(series));
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  /** Series in which nothing was observed are left out, but for one without labels. */
  text(name = this.name): string {
    const begins = [...this.bounds.map(String), '+Inf'].map((le) => `${name}_bucket{le="${le}"`);
    let text = headOf(name, this.type, this.help);
    for (const series of this.all) {
      const { counts, sum, count, labelText: labels } = series;
      if (count === 0 && labels !== '') continue;
      const ends = labels === '' ? '} ' : `,${labels}} `;
      let total = 0;
      for (let i = 0; i < counts.length; i++)
        text += begins[i]! + ends + (total += counts[i]!) + '\n';
      text += lineOf(`${name}_sum`, labels, sum) + lineOf(`${name}_count`, labels, total);
    }
    return text;
  }

  private valuesOf({ labels, counts, sum }: HistogramSeries): object[] {
    let total = 0;
    const buckets = [...counts].map((count, at) => {
      total += count;
      const le = this.bounds[at] ?? '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }
}
