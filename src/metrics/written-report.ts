import type { Registry } from 'prom-client';
import { setImmediate } from 'node:timers/promises';
import type { WrittenMetric } from './exposition.js';
import { MetricsReport } from './metrics-report.js';

/** Prom-client's own, or one that writes itself. */
type Registered = Partial<WrittenMetric> & { readonly name: string };

/** Metrics of which there are many: those that write themselves do, and others have their turn in between. */
export class WrittenReport extends MetricsReport {
  constructor(private readonly registry: Registry) {
    super();
  }

  override get contentType(): string {
    return this.registry.contentType;
  }

  override async text(): Promise<string> {
    const parts: string[] = [];
    const metrics = this.registry.getMetricsAsArray() as unknown as readonly Registered[];
    for (const metric of metrics) {
      if (metric.text) {
        parts.push(metric.text());
        await setImmediate();
      } else parts.push(`${await this.registry.getSingleMetricAsString(metric.name)}\n`);
    }
    return parts.join('');
  }
}
