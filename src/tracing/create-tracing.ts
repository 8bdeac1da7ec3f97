import type { Logger } from '../logging/logger.js';
import { NoTracing } from './no-tracing.js';
import type { TracingSettings } from './tracing-settings.js';
import type { Tracing } from './tracing.js';

/**
 * @param settings undefined: tracing is off
 * @returns what makes spans; OpenTelemetry is loaded only here, and only when tracing is on
 */
export async function createTracing(
  settings: TracingSettings | undefined,
  logger: Logger,
): Promise<Tracing> {
  if (settings === undefined) return new NoTracing();
  const { startOpenTelemetry } = await import('./open-telemetry.js');
  return startOpenTelemetry(settings, logger);
}
