import type { Metric, Registry } from 'prom-client';
import { headOf, labelText, lineOf, type WrittenMetric } from './exposition.js';

/** A value of a metric, with what tells it from others. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own: that of a bucket or a sum. */
  readonly metricName?: string;
}

interface Report {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly LabelledValue[];
}

/** What {@link TwinMetric} reads. */
export interface Reported extends WrittenMetric {
  readonly name: string;
  get(): Promise<object>;
}

/** A counter or gauge whose values are somewhere else, and are asked for when the metrics are read. */
export class PulledMetric implements Reported {
  constructor(
    readonly name: string,
    private readonly row: { readonly type: string; readonly help: string },
    private readonly values: () => readonly LabelledValue[],
    registry: Registry,
  ) {
    registry.registerMetric(this as unknown as Metric);
  }

  /** Called by prom-client's registry. */
  get(): Promise<object> {
    const { name, row, values } = this;
    const report: Report = {
      name,
      help: row.help,
      type: row.type,
      aggregator: 'sum',
      values: values(),
    };
    return Promise.resolve(report);
  }

  text(name = this.name): string {
    let text = headOf(name, this.row.type, this.row.help);
    for (const { labels, value } of this.values()) text += lineOf(name, labelText(labels), value);
    return text;
  }
}

/** Another metric once more, by an older name. */
export class TwinMetric implements WrittenMetric {
  constructor(
    readonly name: string,
    private readonly of: Reported,
    registry: Registry,
  ) {
    registry.registerMetric(this as unknown as Metric);
  }

  text(): string {
    return this.of.text(this.name);
  }

  async get(): Promise<object> {
    const { name, of } = this;
    const report = (await of.get()) as Report;
    const values = report.values.map((value) =>
      value.metricName === undefined
        ? value
        : { ...value, metricName: name + value.metricName.slice(of.name.length) },
    );
    return { ...report, name, values };
  }
}
