import { ConfigError } from '../../../config/config-error.js';
import type { EndpointSpec } from '../../../fleet/endpoint.js';
import { specOf } from '../api/worker-request.js';
import type { RouterConfig } from '../router.settings.js';

/** @returns the workers of `--prefill` and `--decode` @throws ConfigError that names the flag of a bad URL */
export function pairWorkers({
  prefill,
  decode,
  workerApiKey: apiKey,
}: Pick<RouterConfig, 'prefill' | 'decode' | 'workerApiKey'>): EndpointSpec[] {
  return [
    ...prefill.map(({ url, bootstrapPort }) =>
      named('--prefill', url, { role: 'prefill', bootstrapPort, apiKey }),
    ),
    ...decode.map((url) => named('--decode', url, { role: 'decode', apiKey })),
  ];
}

function named(flag: string, url: string, more: Partial<EndpointSpec>): EndpointSpec {
  const spec = specOf(url, { source: 'flags', ...more });
  if ('status' in spec) throw new ConfigError(`${flag}: ${spec.error}`);
  return spec;
}
