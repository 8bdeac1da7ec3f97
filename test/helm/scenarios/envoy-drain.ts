import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../envoy/rig/http-client.js';
import { startSimulator } from '../../envoy/rig/programs.js';
import { mustBe, type EnvoyBinary } from '../../envoy/scenario.js';
import { until } from '../../support/raw-client.js';
import { envoys } from '../envoy/binaries.js';
import { deploy, type Deployed } from '../envoy/deployed.js';
import { http2Client, keptAliveClient, Seen } from '../envoy/kept-alive.js';
import { tryStream } from '../envoy/traffic.js';
import type { Values } from '../rig/helm.js';
import { must, type Scenario, type Stage } from '../scenario.js';

const STREAMS = 20;
const CLIENTS = 10;

/** What kubelet does to pods that end, by what is rendered. */
export const ENVOY_DRAIN: readonly Scenario[] = [
  {
    name: 'Envoy: a pod ends under load, and no request fails',
    run: async (stage) => {
      const figures: Record<string, string> = {};
      for (const envoy of envoys()) {
        const deployed = await start(stage, envoy, { drain: { minSeconds: 2, maxSeconds: 120 } });
        figures[envoy.version] = await endUnderLoad(deployed);
      }
      return figures;
    },
  },
  {
    name: 'Envoy: a drain ends after its longest time, and Envoy serves on where nobody ends it',
    run: async (stage) => {
      const [newest] = envoys();
      const deployed = await start(stage, newest!, { drain: { minSeconds: 1, maxSeconds: 3 } });
      const { envoy } = deployed;
      const stream = tryStream(envoy, 'tiny', 400).catch((error: unknown) => error);
      await untilStatus(deployed, 'downstream_rq_active', 1);
      const began = performance.now();
      const drained = drain(deployed);
      await untilNotReady(deployed);
      mustBe(await operations(deployed, '/live'), 200, 'status of /live while it drains');
      must(/^1 under way after [34] s/.test(await drained), 'it does not tell what is under way');
      must(performance.now() - began < 20_000, 'it waited for the stream');
      mustBe(await operations(deployed, '/ready'), 200, 'status of /ready afterwards');
      mustBe(await stream, undefined, 'the end of the stream');
      mustBe(await operations(deployed, deployed.preStop.path), 404, 'status without the header');
    },
  },
  {
    name: 'Envoy: one of two pickers ends under load, and no request fails',
    run: async (stage) => {
      const [newest] = envoys();
      const proxy = { mode: 'service' };
      const deployed = await start(stage, newest!, proxy, { picker: { replicas: 2 } }, 2);
      const { envoy, pickers } = deployed;
      const streams = Array.from({ length: STREAMS }, () => tryStream(envoy, 'tiny', 200));
      const all = Promise.all(streams);
      await untilStatus(deployed, 'downstream_rq_active', STREAMS);
      const statuses: number[] = [];
      let isOver = false;
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!isOver) statuses.push((await ask(envoy.url, { path: '/v1/models' })).status);
      });
      pickers[0]!.process.signal('SIGTERM');
      mustBe(await pickers[0]!.process.exited(60_000), 0, 'exit code of the picker');
      await all;
      const after = statuses.length;
      await until(() => statuses.length > after + 50, 60_000);
      isOver = true;
      await Promise.all(clients);
      mustBe(
        statuses.filter((status) => status !== 200),
        [],
        'requests that failed',
      );
      return { requests: String(statuses.length), streams: String(STREAMS) };
    },
  },
];

/** Streams, kept connections and new ones; then kubelet's hook, SIGTERM to Envoy, and SIGTERM to the picker. */
async function endUnderLoad(deployed: Deployed): Promise<string> {
  const { envoy, pickers } = deployed;
  const seen = new Seen();
  const streams = Array.from({ length: STREAMS }, () => tryStream(envoy, 'tiny', 200));
  const clients = [
    ...Array.from({ length: CLIENTS }, () => keptAliveClient(envoy, seen)),
    http2Client(envoy, seen),
  ];
  const load = Promise.all([...streams, ...clients]);
  await until(() => seen.answers > 50);
  await untilStatus(deployed, 'downstream_rq_active', STREAMS);
  const drained = drain(deployed);
  // The pod's address is still in Services and load balancers.
  for (let at = 0; at < 10; at++) {
    mustBe((await ask(envoy.url, { path: '/v1/models' })).status, 200, 'a new connection');
    await sleep(50);
  }
  must((await drained).startsWith('0 under way'), 'it did not wait for all');
  mustBe(await envoy.end(), 0, 'exit code of Envoy');
  await load;
  mustBe(seen.failures, [], 'requests that failed');
  mustBe(seen.closed, clients.length, 'connections that were told to close');
  pickers[0]!.process.signal('SIGTERM');
  mustBe(await pickers[0]!.process.exited(), 0, 'exit code of the picker');
  return `${seen.answers} requests, ${streams.length} streams`;
}

async function start(
  stage: Stage,
  envoy: EnvoyBinary,
  proxy: Values,
  others: Values = {},
  pickers = 1,
): Promise<Deployed> {
  const slow = { flags: ['--inter-token-latency=20ms'] };
  const server = await startSimulator({ ...stage, envoy }, 'both', slow);
  const endpoints = [{ name: 'a', address: '127.0.0.1', port: server.port }];
  const tag = `distroless-v${envoy.version}`;
  const values = { modelServers: { endpoints }, proxy: { image: { tag }, ...proxy }, ...others };
  const objects = stage.helm.objects({ chart: 'tandem-standalone', values });
  return deploy(stage, objects, { envoy, pickers });
}

/** Asks as kubelet does. @returns what Envoy says */
async function drain({ envoy, preStop }: Deployed): Promise<string> {
  const url = `http://127.0.0.1:${envoy.operationsPort}${preStop.path}`;
  const answer = await fetch(url, { headers: preStop.headers });
  mustBe(answer.status, 200, 'status of the hook');
  return answer.text();
}

async function operations({ envoy }: Deployed, path: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${envoy.operationsPort}${path}`)).status;
}

async function untilNotReady(deployed: Deployed): Promise<void> {
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    if ((await operations(deployed, '/ready')) === 503) return;
    must(performance.now() < deadline, 'Envoy stays ready');
  }
}

/** Waits until a gauge of the inference listener has at least that value. */
async function untilStatus({ envoy }: Deployed, gauge: string, least: number): Promise<void> {
  const name = `http.inference.${gauge}`;
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    const page = await envoy.admin(`/stats?filter=^${name}$`);
    if (Number(/: (\d+)/.exec(page)?.[1]) >= least) return;
    must(performance.now() < deadline, `${name} stays at ${page}`);
  }
}
