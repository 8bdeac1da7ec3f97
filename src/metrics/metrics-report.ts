import type { Registry } from 'prom-client';

/** What GET /metrics answers; the class is the injection token. */
export abstract class MetricsReport {
  abstract readonly contentType: string;

  /** @returns Prometheus' text format */
  abstract text(): Promise<string>;
}

/** The metrics of this process alone. */
export class OwnReport extends MetricsReport {
  constructor(private readonly registry: Registry) {
    super();
  }

  override get contentType(): string {
    return this.registry.contentType;
  }

  override text(): Promise<string> {
    return this.registry.metrics();
  }
}
