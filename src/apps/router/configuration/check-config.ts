import { ConfigError } from '../../../config/config-error.js';
import type { Given } from '../../../config/given.js';
import { spellingOf, type Spelling } from '../../../config/spelling.js';
import type { RouterConfig } from '../router.settings.js';
import { badKvSources } from '../kv/kv-source-flags.js';
import { specOf } from '../api/worker-request.js';

const NONE: ReadonlyMap<string, Given> = new Map();

/**
 * What is wrong though each value is good by itself; asked at start and of each changed file.
 *
 * @param given for messages: how the values were given
 * @throws ConfigError
 */
export function checkConfig(config: RouterConfig, given: ReadonlyMap<string, Given> = NONE): void {
  const named = spellingOf(given);
  const check = (key: string, test: (spelled: string) => string | undefined): void => {
    const problem = test(named(key));
    if (problem !== undefined) throw new ConfigError(problem, { key, line: given.get(key)?.line });
  };
  check('worker-urls', (spelled) =>
    badWorker(config.workerUrls, spelled, config.backend === 'openai'),
  );
  check('prefill', (spelled) =>
    badWorker(
      config.prefill.map(({ url }) => url),
      spelled,
    ),
  );
  check('decode', (spelled) => badWorker(config.decode, spelled));
  check('kv-event-source', () => badKvSources(config));
  check('prometheus-port', () => onePort(config, named));
  check('cors-allowed-origins', (spelled) => badOrigin(config.corsAllowedOrigins, spelled));
}

function badWorker(urls: readonly string[], spelled: string, external = false): string | undefined {
  for (const url of urls) {
    const spec = specOf(url, { source: 'flags', external });
    if ('status' in spec) return `${spelled}: ${spec.error}`;
  }
  return undefined;
}

function onePort(
  { port, host, prometheusPort, prometheusHost }: RouterConfig,
  named: Spelling,
): string | undefined {
  if (port === 0 || port !== prometheusPort || host !== prometheusHost) return undefined;
  return `${named('prometheus-port')}=${port} is the port of ${named('port')} too: give each its own`;
}

/** As browsers write it: scheme, host and port, nothing behind. */
const ORIGIN = /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+)$/;

function badOrigin(origins: readonly string[], spelled: string): string | undefined {
  const bad = origins.find((origin) => !ORIGIN.test(origin));
  if (bad === undefined) return undefined;
  return `${spelled}: ${JSON.stringify(bad)} is no origin: give scheme, host and port alone, as https://chat.example.com:8443`;
}
