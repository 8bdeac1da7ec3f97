import { tracingFromEnvironment } from '../../../config/tracing.config.js';
import type { Logger } from '../../../logging/logger.js';
import { createTracing } from '../../../tracing/create-tracing.js';
import type { Tracing } from '../../../tracing/tracing.js';

type Environment = Readonly<Record<string, string | undefined>>;

const SERVICE = 'llm-d-epp';
/** As llm-d has it: of traces that begin here one in ten is recorded, others as their client decided. */
const SAMPLER = 'parentbased_traceidratio';
const RATIO = '0.1';

/**
 * @param enabled `--tracing`
 * @param env OpenTelemetry's own variables: exporter, endpoint, sampler, name of the service
 * @throws ConfigError naming the variable that is wrong
 */
export function pickerTracing(
  enabled: boolean,
  logger: Logger,
  env: Environment,
): Promise<Tracing> {
  if (!enabled) return createTracing(undefined, logger);
  const settings = tracingFromEnvironment({
    ...env,
    OTEL_SERVICE_NAME: env['OTEL_SERVICE_NAME'] ?? SERVICE,
    OTEL_TRACES_SAMPLER: env['OTEL_TRACES_SAMPLER'] ?? SAMPLER,
    OTEL_TRACES_SAMPLER_ARG:
      env['OTEL_TRACES_SAMPLER_ARG'] ?? (env['OTEL_TRACES_SAMPLER'] ? undefined : RATIO),
  });
  return createTracing(settings && { ...settings, scope: 'tandem/picker' }, logger);
}
