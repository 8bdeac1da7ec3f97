import type { Metric, Registry } from 'prom-client';

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
export interface Reported {
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
}

/** Another metric once more, by an older name. */
export class TwinMetric {
  constructor(
    readonly name: string,
    private readonly of: Reported,
    registry: Registry,
  ) {
    registry.registerMetric(this as unknown as Metric);
  }

  async get(): Promise<object> {
    const { name, of } = this;
    const report = (await of.get()) as Report;
    const values = report.values.map((value) =>
      value.metricName === undefined
        ? value
        : { ...value, metricName: name + value.metricName.slice(of.name.length) },
    );
    return { ...report, name, help: `${of.name} by its older name.`, values };
  }
}
