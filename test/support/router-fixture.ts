import { routerSettings, type RouterConfig } from '../../src/apps/router/router.settings.js';
import { startRouter, type RunningRouter } from '../../src/apps/router/start-router.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { FakeEngine, json, type EngineBehaviour, type ReceivedRequest } from './fake-engine.js';
import { until } from './raw-client.js';
import { RecordingLogger } from './sidecar-fixture.js';

/** A router in this process, with workers played by hand. */
export interface RouterFixture {
  readonly router: RunningRouter;
  readonly workers: readonly FakeEngine[];
  readonly log: RecordingLogger;
  /** `http://127.0.0.1:PORT` of the data port. */
  readonly url: string;
  readonly opsUrl: string;
  /** How often each worker was asked, probes left out. */
  asked(): number[];
  /** What the first worker was asked last, probes left out. */
  last(): ReceivedRequest;
  stop(): Promise<void>;
}

/** Probes are answered well, whatever the behaviour. @param models what it serves; undefined: it does not tell */
export function healthy(behaviour: EngineBehaviour, models?: readonly string[]): EngineBehaviour {
  const list = json({ object: 'list', data: models?.map((id) => ({ id, object: 'model' })) });
  return (response, request) => {
    if (request.url === '/health') response.writeHead(200).end();
    else if (models && request.url === '/v1/models') return list(response, request);
    else if (isProbe(request)) response.writeHead(404).end();
    else return behaviour(response, request);
  };
}

/** Asked by the router for itself, not for a client. */
function isProbe({ url, headers }: Pick<ReceivedRequest, 'url' | 'headers'>): boolean {
  return url === '/health' || headers['user-agent'] === 'tandem';
}

/**
 * @param behaviours one a worker
 * @param config changes to a router that probes and pauses briefly
 * @param models of each worker, where they tell
 */
export async function startRouterFixture(
  behaviours: readonly EngineBehaviour[],
  config: Partial<RouterConfig> = {},
  models: readonly (readonly string[])[] = [],
): Promise<RouterFixture> {
  const workers = await Promise.all(
    behaviours.map((one, at) => FakeEngine.start(healthy(one, models[at]))),
  );
  const log = new RecordingLogger();
  const { config: defaults } = loadSettings(routerSettings, { argv: [], env: {} });
  const router = await startRouter(
    {
      ...defaults,
      port: 0,
      prometheusPort: 0,
      policy: 'round_robin',
      workerUrls: workers.map(({ hostPort }) => `http://${hostPort}`),
      retryInitialBackoffMs: 1,
      healthCheckIntervalSecs: 20,
      ...config,
    },
    log,
  );
  await until(() => router.fleet.all.every(({ isReady }) => isReady));
  return {
    router,
    workers,
    log,
    url: `http://127.0.0.1:${router.port}`,
    opsUrl: `http://127.0.0.1:${router.opsPort}`,
    asked: () => workers.map((worker) => withoutProbes(worker).length),
    last: () => withoutProbes(workers[0]!).at(-1)!,
    stop: async () => {
      await router.close();
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

function withoutProbes({ requests }: FakeEngine): ReceivedRequest[] {
  return requests.filter((request) => !isProbe(request));
}

/** Posts JSON to the router. */
export function post(
  { url }: Pick<RouterFixture, 'url'>,
  path = '/v1/completions',
  body = '{"prompt":"x"}',
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

/** Says which worker answered. */
export const named = (name: string): EngineBehaviour => json({ worker: name });
