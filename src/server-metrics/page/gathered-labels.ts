import { matches } from './gathered.js';
import type { MetricSpec } from './metric-spec.js';
import type { SampleTaker } from './page-scanner.js';
import type { SampleLabels } from './sample-labels.js';

/** The labels of the sample with the highest value: vLLM writes the time of a change as the value, and old samples stay. */
export class HighestLabels implements SampleTaker {
  readonly readsLabels = true;
  labels: SampleLabels | undefined;
  private highest = NaN;

  constructor(private readonly spec: MetricSpec) {}

  begin(): void {
    this.labels = undefined;
    this.highest = NaN;
  }

  take(value: number, _timestamp: number, labels: SampleLabels): void {
    if (value < this.highest || !matches(this.spec, labels)) return;
    this.labels = labels;
    this.highest = value;
  }
}

/** The labels of all samples: each rank tells its own. */
export class AllLabels implements SampleTaker {
  readonly readsLabels = true;
  readonly all: SampleLabels[] = [];

  constructor(private readonly spec: MetricSpec) {}

  begin(): void {
    this.all.length = 0;
  }

  take(_value: number, _timestamp: number, labels: SampleLabels): void {
    if (matches(this.spec, labels)) this.all.push(labels);
  }
}
