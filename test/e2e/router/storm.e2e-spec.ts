import { afterEach, describe, expect, it } from '@jest/globals';
import { descriptors } from '../../soak/subject/process.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { until } from '../../support/raw-client.js';
import { healthy, post } from '../../support/router-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import { fateful, storm } from '../../support/storm.js';

const processes: SidecarProcess[] = [];
const engines: FakeEngine[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.stop()));
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

async function start(
  program: 'router' | 'simulator',
  args: readonly string[],
): Promise<SidecarProcess> {
  const started = await SidecarProcess.start(({ data, metrics }) => [
    program,
    ...['--port', String(data), ...args],
    ...(program === 'router' ? ['--prometheus-port', String(metrics)] : []),
  ]);
  processes.push(started);
  return started;
}

interface Row {
  readonly load: number;
  readonly status: string;
}

async function rows({ url }: SidecarProcess): Promise<readonly Row[]> {
  const answer = await fetch(`${url}/workers`).catch(() => undefined);
  return answer ? ((await answer.json()) as { workers: Row[] }).workers : [];
}

/** @returns when what is asked for anew each time is so */
async function untilRows(
  router: SidecarProcess,
  condition: (all: readonly Row[]) => boolean,
): Promise<void> {
  let all: readonly Row[] = [];
  while (!condition(all)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    all = await rows(router);
  }
}

async function untilReady(router: SidecarProcess, workers: number): Promise<void> {
  await untilRows(
    router,
    (all) => all.length === workers && all.every(({ status }) => status === 'ready'),
  );
}

describe('after 10,000 requests of which most went wrong', () => {
  it('nothing is in flight and no descriptor is left open', async () => {
    for (let i = 0; i < 6; i++) engines.push(await FakeEngine.start(healthy(fateful())));
    const [a, b, c, d, e, f] = engines.map(({ hostPort }) => `http://${hostPort}`);
    const router = await start('router', [
      ...['--worker-urls', a!, b!, '--prefill', c!, '--prefill', d!, '--decode', e!, f!],
      ...['--request-timeout-secs', '0.2', '--cb-timeout-duration-secs', '0.02'],
      ...['--retry-initial-backoff-ms', '1', '--retry-max-backoff-ms', '5'],
      ...['--health-failure-threshold', '1000', '--log-level', 'error'],
    ]);
    await untilReady(router, 6);
    const before = descriptors(router.pid).length;
    const seen = await storm(router.port, { requests: 10_000, clients: 100 });
    expect([...seen.values()].reduce((sum, one) => sum + one, 0)).toBe(10_000);
    for (const status of [0, 200, 400]) expect(seen.get(status)).toBeGreaterThan(0);

    await untilRows(router, (all) => all.length > 0 && all.every(({ load }) => load === 0));
    const metrics = [...(await readMetrics(router.opsUrl))];
    const running = metrics.filter(([name]) => name.startsWith('vllm_router_running_requests{'));
    expect(running.map(([, value]) => value)).toEqual([0, 0, 0, 0, 0, 0]);
    for (const { server } of engines) server.closeAllConnections();
    // Those of probes, and of whoever asks here.
    await until(() => descriptors(router.pid).length <= before + 20);
  }, 120_000);
});

describe('a worker that is killed under load', () => {
  it('costs no client an answer while another lives', async () => {
    const options = ['--time-to-first-token', '5ms', '--inter-token-latency', '2ms'];
    const [doomed, other] = [
      await start('simulator', options),
      await start('simulator', options),
    ] as const;
    const router = await start('router', [
      ...['--worker-urls', doomed.url, other.url, '--policy', 'round_robin'],
      ...['--retry-initial-backoff-ms', '1', '--log-level', 'error'],
    ]);
    await untilReady(router, 2);
    let answered = 0;
    let isKilled = false;
    const lost: string[] = [];
    const client = async (stream: boolean): Promise<void> => {
      const body = JSON.stringify({ prompt: 'Who?', max_tokens: 8, min_tokens: 4, stream });
      while (answered < 600) {
        const wasKilled = isKilled;
        const answer = await post(router, '/v1/completions', body);
        const text = await answer.text().catch((error: unknown) => `${String(error)}`);
        const isWhole = answer.status === 200 && text.includes(stream ? '[DONE]' : '"choices"');
        // A stream that had begun is told of it.
        if (!isWhole && (!stream || wasKilled)) lost.push(`${answer.status} ${text}`);
        if (++answered < 200 || isKilled) continue;
        isKilled = true;
        doomed.signal('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 24 }, (_, at) => client(at % 2 === 0)));
    expect(lost).toEqual([]);
    await untilRows(router, (all) => all.length > 0 && all.every(({ load }) => load === 0));
  }, 120_000);
});
