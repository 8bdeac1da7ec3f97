import { ConfigError } from '../../../config/config-error.js';
import { tracingFromEnvironment } from '../../../config/tracing.config.js';
import type { Logger } from '../../../logging/logger.js';
import { createTracing } from '../../../tracing/create-tracing.js';
import type { Tracing } from '../../../tracing/tracing.js';
import type { RouterConfig } from '../router.settings.js';

type TracingConfig = Pick<RouterConfig, 'enableTrace' | 'otlpTracesEndpoint' | 'otelSamplingRatio'>;
type Environment = Readonly<Record<string, string | undefined>>;

const SERVICE = 'tandem-router';

/**
 * @param env OpenTelemetry's own variables, which flags win over
 * @throws ConfigError when the endpoint is no address
 */
export function routerTracing(
  config: TracingConfig,
  logger: Logger,
  env: Environment,
): Promise<Tracing> {
  if (!config.enableTrace) return createTracing(undefined, logger);
  const { otlpTracesEndpoint: endpoint, otelSamplingRatio: ratio } = config;
  const settings = tracingFromEnvironment({
    ...env,
    OTEL_SERVICE_NAME: env['OTEL_SERVICE_NAME'] ?? SERVICE,
    OTEL_TRACES_SAMPLER: env['OTEL_TRACES_SAMPLER'] ?? 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: env['OTEL_TRACES_SAMPLER_ARG'] ?? String(ratio),
    ...(endpoint !== undefined && endpointVariables(endpoint)),
  });
  return createTracing(settings && { ...settings, scope: 'tandem/router' }, logger);
}

/** Without a path it is the base of all signals, as in OpenTelemetry's specification. */
function endpointVariables(given: string): Environment {
  const text = given.includes('://') ? given : `http://${given}`;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new ConfigError(
      `--otlp-traces-endpoint=${given} is no address: give HOST:PORT, or a URL with http or https`,
    );
  }
  const isBase = url.pathname === '/';
  return {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: isBase ? undefined : text,
    OTEL_EXPORTER_OTLP_ENDPOINT: isBase ? text : undefined,
  };
}
