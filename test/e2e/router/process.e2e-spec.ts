import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, type EngineBehaviour } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import { healthy, named, post } from '../../support/router-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

let router: SidecarProcess | undefined;
const engines: FakeEngine[] = [];
afterEach(async () => {
  await router?.stop();
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

const start = async (args: readonly string[], behaviours: readonly EngineBehaviour[]) => {
  for (const behaviour of behaviours) engines.push(await FakeEngine.start(healthy(behaviour)));
  const urls = engines.map(({ hostPort }) => `http://${hostPort}`);
  router = await SidecarProcess.start(({ data, metrics }) => [
    'router',
    ...(urls.length > 0 ? ['--worker-urls', ...urls] : []),
    ...['--port', String(data), '--prometheus-port', String(metrics), ...args],
  ]);
  return router;
};
const isReady = async (): Promise<boolean> =>
  fetch(`${router!.url}/readiness`).then(
    ({ ok }) => ok,
    () => false,
  );

describe('tandem router', () => {
  it('takes command lines of vllm-router, serves, counts, and drains', async () => {
    let finish = (): void => undefined;
    const slow: EngineBehaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      finish = () => response.end('data: 2\n\n');
    };
    const started = await start(
      ['--policy', 'round_robin', '--retry-max-retries', '3'],
      [slow, named('b')],
    );
    while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 20));
    await until(() => started.lines.filter(({ status }) => status === 'ready').length === 2);
    const stream = await post(started);
    expect(await (await post(started)).json()).toEqual({ worker: 'b' });
    const metrics = await (await fetch(`${started.opsUrl}/metrics`)).text();
    expect(metrics).toMatch(/^vllm_router_active_workers 2$/m);
    expect(metrics).toMatch(/^vllm_router_running_requests\{worker="[^"]+"\} 1$/m);
    started.signal('SIGTERM');
    await until(() => started.lines.some(({ msg }) => msg === 'draining'));
    finish();
    expect(await stream.text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(await started.exited()).toBe(0);
  });

  it.each([
    [['--worker-urls', 'ftp://a'], 'is no worker URL: give http://HOST:PORT'],
    [['--worker-urls', 'grpc://a:1'], 'gRPC workers are not supported by this version yet'],
    [['--policy', 'nonsense'], '--policy: expected one of '],
    [['--prefill', 'http://a:1', '99999'], '--prefill: http://a:1 is followed by 99999, which is'],
    [['--prefill', '9001'], '--prefill: \\"9001\\" is no worker URL'],
    [['--decode', 'ftp://a'], 'is no worker URL: give http://HOST:PORT or'],
    [['--kv-connector', 'nonsense'], '--kv-connector: expected one of nixl'],
    [
      ['--kv-connector=moriio', '--moriio-dp-size=3', '--moriio-dp-size-local=2'],
      '--moriio-dp-size-local: 2 ranks in each pod do not divide --moriio-dp-size=3',
    ],
    [['--no-such-flag'], 'unknown flag --no-such-flag'],
    [['--api-key='], '--api-key: expected a key of visible ASCII'],
    [['--admin-api-key', ''], '--admin-api-key: expected a key of visible ASCII'],
    [['--host=192.0.2.1'], '--host: address is not one of this machine'],
    [['--port=29998', '--prometheus-port=29998'], '--prometheus-port=29998 is the port of --port'],
  ])('says in one line what is wrong with %j', async (args, message) => {
    const started = await start(args, []);
    expect([await started.exited(), started.stdout]).toEqual([1, '']);
    expect(started.stderr).toContain(message);
    expect(started.stderr.trim().split('\n')).toHaveLength(1);
  });
});
