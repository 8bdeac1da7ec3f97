import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOREIGN, fateOf } from '../../../src/apps/router/compatibility/flags.js';
import { FOREIGN_ROUTES } from '../../../src/apps/router/compatibility/routes.js';
import { isOwn } from '../../../src/apps/router/front/routes.js';
import { NameIndex } from '../../../src/config/names.js';
import { routerSettings } from '../../../src/apps/router/router.settings.js';
import { until } from '../../support/raw-client.js';
import { named, startRouterFixture, type RouterFixture } from '../../support/router-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

let router: SidecarProcess | undefined;
let fixture: RouterFixture | undefined;
let folder: string | undefined;
afterEach(async () => {
  await router?.stop();
  await fixture?.stop();
  router = undefined;
  fixture = undefined;
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  folder = undefined;
});
const flags = Object.values(FOREIGN).flat();
const names = new NameIndex(routerSettings);
const start = (...args: readonly string[]): Promise<SidecarProcess> =>
  SidecarProcess.start(({ data, metrics }) => [
    ...['router', '--port', String(data), '--prometheus-port', String(metrics), ...args],
  ]).then((started) => (router = started));

/** A value that asks for what the flag is for. */
const asking = (flag: string): string[] => {
  const { kind } = names.find(flag) ?? {};
  if (!kind || kind.shape === 'boolean') return [`--${flag}`];
  if (kind.placeholder.includes('|')) return [`--${flag}`, 'memory'];
  return [`--${flag}`, 'x'];
};

/** Command lines that the others' users have, all flags of a kind in one. */
const REGULAR = `--host 127.0.0.1 --worker-urls http://127.0.0.1:9 http://127.0.0.1:8 --policy cache_aware
  --cache-threshold 0.5 --balance-abs-threshold 32 --balance-rel-threshold 1.0001 --eviction-interval-secs 60
  --max-tree-size 1000 --max-payload-size 1000000 --data-parallel-size 2 --api-key k --log-level warning
  --request-id-headers x-trace-id x-request-id --request-timeout-secs 60 --retry-max-retries 3
  --retry-initial-backoff-ms 100 --retry-max-backoff-ms 10000 --retry-backoff-multiplier 2.0 --retry-jitter-factor 0.1
  --disable-retries --cb-failure-threshold 5 --cb-success-threshold 2 --cb-timeout-duration-secs 30
  --cb-window-duration-secs 60 --disable-circuit-breaker --health-failure-threshold 3 --health-success-threshold 2
  --health-check-timeout-secs 5 --health-check-interval-secs 60 --health-check-endpoint /health
  --max-concurrent-requests 512 --queue-size 100 --queue-timeout-secs 60 --rate-limit-tokens-per-second 100
  --cors-allowed-origins http://localhost:3000 https://example.com --worker-startup-timeout-secs 600
  --worker-startup-check-interval 30 --enable-igw --prometheus-host 127.0.0.1 --max-idle-secs 100
  --assignment-mode random --bucket-adjust-interval-secs 5 --shutdown-grace-period-secs 1 --log-dir`;
const PAIRS = `--vllm-pd-disaggregation --prefill http://127.0.0.1:7 9001 --prefill http://127.0.0.1:6 none
  --prefill http://127.0.0.1:5 --decode http://127.0.0.1:4 --decode http://127.0.0.1:3 --policy cache_aware
  --prefill-policy cache_aware --decode-policy power_of_two --kv-connector nixl --intra-node-data-parallel-size 1`;
const words = (line: string): string[] => line.trim().split(/\s+/);

describe('a command line of another router', () => {
  it('starts as it is', async () => {
    folder = await mkdtemp(join(tmpdir(), 'compatibility-'));
    const started = await start(...words(REGULAR), folder);
    let isUp = false;
    const ask = (): void =>
      void fetch(`${started.url}/liveness`).then(
        () => (isUp = true),
        () => setTimeout(ask, 20),
      );
    ask();
    await until(() => isUp);
    expect(started.stderr).not.toContain('"level":"error"');
  });

  it('starts as it is for prefill and decode', async () => {
    const started = await start(...words(PAIRS));
    await until(() => started.lines.some(({ msg }) => msg === 'ready'));
    const { workers } = (await (await fetch(`${started.url}/workers`)).json()) as {
      workers: { worker_type: string }[];
    };
    expect(workers.map(({ worker_type: role }) => role)).toEqual([
      ...['prefill', 'prefill', 'prefill', 'decode', 'decode'],
    ]);
  });

  it('starts with flags that say nothing here, each in a line', async () => {
    const idle = flags.filter((flag) => fateOf(flag).fate === 'without effect');
    const started = await start(...idle.flatMap(asking));
    await until(() => started.lines.some(({ msg }) => msg === 'ready'));
    const told = started.lines.filter(({ msg }) => String(msg).includes('has no effect here'));
    expect(told.map(({ flag }) => flag)).toEqual(idle.map((flag) => `--${flag}`));
  });

  it.each(flags.filter((flag) => fateOf(flag).fate === 'refused'))(
    'is refused in one line with --%s',
    async (flag) => {
      const started = await start(...asking(flag));
      expect([await started.exited(), started.stdout]).toEqual([1, '']);
      expect(started.stderr.trim().split('\n')).toHaveLength(1);
      expect(started.stderr).toContain(`--${flag}`);
      const { reason } = names.find(flag)?.inert ?? { reason: 'unknown flag' };
      expect(started.stderr).toContain(reason);
    },
  );

  it('names every flag that is accepted', () => {
    const tried = new Set([...words(REGULAR), ...words(PAIRS)]);
    const accepted = flags.filter((flag) => fateOf(flag).fate === 'accepted');
    // Those that need something else to be there have tests of their own.
    const elsewhere =
      /^(?:port|backend|prometheus-port|pd-disaggregation|service-discovery|selector|prefill-selector|decode-selector|service-discovery-.*|kv-.*|pd-kv-events|router-temperature|vllm-discovery-address|enable-trace|ot.*)$/;
    expect(accepted.filter((flag) => !tried.has(`--${flag}`) && !elsewhere.test(flag))).toEqual([]);
  });
});

describe('a route of another router', () => {
  it.each(FOREIGN_ROUTES.map(({ method, path }) => [method, path] as const))(
    'is answered where the page says: %s %s',
    async (method, path) => {
      fixture = await startRouterFixture([named('a')]);
      const body = method === 'POST' ? { body: '{"prompt":"x"}' } : {};
      const answer = await fetch(fixture.url + path, { method, ...body });
      await answer.text();
      const isRouters = isOwn(method, path.split('?', 1)[0]!);
      const reached = fixture.workers[0]!.requests.some(({ url }) => url === path);
      // Of these the router asks workers itself.
      const isAsked = path === '/health' || path === '/v1/models';
      expect([path, reached && !isAsked]).toEqual([path, !isRouters]);
    },
  );
});
