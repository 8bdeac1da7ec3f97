/** Which requests are recorded, in OpenTelemetry's names (OTEL_TRACES_SAMPLER). */
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

/** Where spans go: a collector by OTLP, our own log, or nowhere (context is still passed on). */
export type ExporterSettings =
  | {
      readonly kind: 'otlp';
      readonly protocol: 'grpc' | 'http/protobuf';
      /** Whole URL of the collector. */
      readonly url: string;
      /** An export that takes longer is given up, its retries included. */
      readonly timeoutMs: number;
    }
  | { readonly kind: 'console' }
  | { readonly kind: 'none' };

/** Everything that tracing needs to know, read from OTEL_* by `config/tracing.config.ts`. */
export interface TracingSettings {
  readonly serviceName: string;
  /** Of the program, among those of a service; `tandem/sidecar` unless given. */
  readonly scope?: string;
  /** OTEL_RESOURCE_ATTRIBUTES. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** Share of traces that a `traceidratio` sampler records, 0 to 1. */
  readonly ratio: number;
  readonly exporter: ExporterSettings;
}
