import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { MetricRow } from './metric-table.js';
import { PulledMetric, TwinMetric, type LabelledValue, type Reported } from './pulled-metric.js';
import { SeriesHistogram } from './series-histogram.js';

/**
 * A table's metrics on a registry of their own, so that two applications in one process neither
 * share counters nor collide. Makes each metric from its row, on demand.
 */
export class MetricSet<Table extends Readonly<Record<string, MetricRow>>> {
  readonly registry = new Registry();

  constructor(private readonly table: Table) {}

  /** @param collect sets the value when it is asked for, where nobody tells it of changes */
  counter(name: keyof Table & string, collect?: (counter: Counter) => void): Counter {
    return new Counter({
      ...this.configuration(name),
      ...(collect && {
        collect() {
          collect(this);
        },
      }),
    });
  }

  /** @param collect sets the value when it is asked for, where nobody tells it of changes */
  gauge(name: keyof Table & string, collect?: (gauge: Gauge) => void): Gauge {
    return new Gauge({
      ...this.configuration(name),
      ...(collect && {
        collect() {
          collect(this);
        },
      }),
    });
  }

  histogram(name: keyof Table & string): Histogram {
    const { buckets } = this.row(name);
    return new Histogram({ ...this.configuration(name), buckets: [...(buckets ?? [])] });
  }

  /** For what happens at every token. */
  seriesHistogram(name: keyof Table & string): SeriesHistogram {
    return new SeriesHistogram(name, this.row(name), this.registry);
  }

  /** @param values are asked for when the metrics are read */
  pulled(name: keyof Table & string, values: () => readonly LabelledValue[]): void {
    new PulledMetric(name, this.row(name), values, this.registry);
  }

  /** Shows a metric, which exists, under another name too. */
  twin(name: string, of: keyof Table & string): void {
    const source = this.registry.getSingleMetric(of) as unknown as Reported;
    new TwinMetric(name, source, this.registry);
  }

  /** Adds what prom-client knows of the process: CPU, memory, event-loop lag, GC, handles. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  private row(name: keyof Table): MetricRow {
    return this.table[name] as MetricRow;
  }

  private configuration(name: keyof Table & string): {
    name: string;
    help: string;
    labelNames: string[];
    registers: Registry[];
  } {
    const { help, labels } = this.row(name);
    return { name, help, labelNames: Object.keys(labels ?? {}), registers: [this.registry] };
  }
}
