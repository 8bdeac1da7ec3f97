import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';
import { the } from '../rig/objects.js';
import { must, type Scenario, type Stage } from '../scenario.js';
import { KeptAliveClients } from '../router/kept-alive-client.js';
import { PlayedRelease } from '../sidecar/release.js';
import { Traffic } from '../sidecar/traffic.js';

/** Each with the ports that its engines need. */
const CONNECTORS: Readonly<Record<string, readonly string[]>> = {
  nixlv2: [],
  mooncake: ['mooncake-bootstrap-port'],
  sglang: ['sglang-bootstrap-port'],
  offloading: ['p2p-connector-port'],
  moriio: ['decode-notify', 'decode-handshake', 'prefill-notify', 'prefill-handshake'].map(
    (name) => `moriio-${name}-port`,
  ),
};

/** What the sidecar's chart renders, run with simulators: a kubelet is played, arguments and variables are as rendered. */
export const SIDECAR_RUNS: readonly Scenario[] = [
  {
    name: 'sidecar: every connector hands KV over, as rendered',
    run: async (stage) => {
      for (const [connector, ports] of Object.entries(CONNECTORS))
        await handOver(stage, connector, ports);
      return { connectors: Object.keys(CONNECTORS).join(', ') };
    },
  },
  {
    name: 'sidecar: each data-parallel rank has a port and a model server',
    run: async (stage) => {
      const release = await PlayedRelease.render(stage, { ranks: 2 });
      await release.decode();
      for (const rank of [0, 1]) {
        const { status } = await complete(`http://127.0.0.1:${release.port + rank}`);
        must(status === 200, `rank ${rank} answers ${status}`);
      }
    },
  },
  {
    name: 'sidecar: it starts before the model server, and is ready with it',
    run: startsFirst,
  },
  { name: 'sidecar: a deleted pod drops no stream', run: drains },
  { name: 'sidecar: a deleted pod refuses no client that keeps its connection', run: letsGo },
  { name: 'sidecar: helm test passes, and says what is wrong', run: helmTest },
];

function complete(url: string, prefiller?: string): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(prefiller && { 'x-prefiller-host-port': prefiller }),
  };
  const prompt = 'word '.repeat(200);
  const body = JSON.stringify({ model: 'tiny', prompt, max_tokens: 4 });
  return fetch(`${url}/v1/completions`, { method: 'POST', headers, body });
}

async function handOver(stage: Stage, connector: string, ports: readonly string[]): Promise<void> {
  const config: Record<string, unknown> = { 'kv-connector': connector };
  for (const name of ports) config[name] = await freePort();
  const release = await PlayedRelease.render(stage, { config });
  const pods = [await release.prefill(), await release.decode()];
  const answer = await complete(release.url, release.prefiller);
  const text = await answer.text();
  must(answer.status === 200, `${connector}: ${answer.status} ${text}`);
  const metrics = await (await fetch(`http://${release.prefiller}/metrics`)).text();
  const finished = metrics.match(/^vllm:request_success_total\{.*\} (?!0$)\d+/m);
  must(finished !== null, `${connector}: the prefiller was not asked`);
  for (const pod of pods) await pod.stop();
}

async function startsFirst(stage: Stage): Promise<void> {
  const release = await PlayedRelease.render(stage);
  const { pod, place } = await release.decodeWithoutServer();
  const [sidecar] = pod.sidecars;
  must((await sidecar!.probe('livenessProbe')) === 200, 'it is not alive without a model server');
  must((await sidecar!.probe('readinessProbe')) === 503, 'it is ready without a model server');
  await pod.startServers(place);
  await pod.ready();
  await pod.servers[0]!.end(0);
  await sidecar!.answers('readinessProbe', (status) => status === 503);
  must((await sidecar!.probe('livenessProbe')) === 200, 'it dies with the model server');
}

/** Between a pod's deletion and the last gateway that has learnt of it. */
const LEARN_MS = 1000;

async function drains(stage: Stage): Promise<Record<string, string>> {
  // Streams of three seconds at least: many are under way at SIGTERM.
  const values = { preStopSeconds: 2 };
  const [old, next] = [
    await PlayedRelease.render(stage, { values }),
    await PlayedRelease.render(stage, { values }),
  ];
  await old.prefill();
  await next.prefill();
  const going = await old.decode();
  await next.decode();
  let current = old;
  const traffic = new Traffic(() => current, 24, 300);
  while ((traffic.inFlight.get(old.url) ?? 0) < 24) await sleep(5);
  await sleep(LEARN_MS);
  let atTerm = 0;
  const ended = going.end(() => (atTerm = traffic.inFlight.get(old.url) ?? 0));
  await sleep(LEARN_MS);
  current = next;
  const { order, codes } = await ended;
  await traffic.end();
  must(order[0] === 'model servers', 'the sidecar ended before the model server');
  must(
    codes.every((code) => code === 0),
    `they ended with ${codes.join(', ')}`,
  );
  must(atTerm > 0, 'no stream was under way at SIGTERM');
  must(traffic.failures.length === 0, `${traffic.failures.length} dropped: ${traffic.failures[0]}`);
  return { streams: String(traffic.good), 'in flight at SIGTERM': String(atTerm), dropped: '0' };
}

/** As a Service: connections go where they were made to, new ones to a pod that is there. */
async function letsGo(stage: Stage): Promise<Record<string, string>> {
  const values = { preStopSeconds: 3 };
  const [old, next] = [
    await PlayedRelease.render(stage, { values }),
    await PlayedRelease.render(stage, { values }),
  ];
  const going = await old.decode();
  await next.decode();
  let current = old;
  const clients = new KeptAliveClients(() => current.port, 24);
  while (clients.good < 24) await sleep(5);
  const ended = going.end();
  await sleep(LEARN_MS);
  current = next;
  const { codes } = await ended;
  await clients.end();
  must(
    codes.every((code) => code === 0),
    `they ended with ${codes.join(', ')}`,
  );
  const { failures } = clients;
  must(failures.length === 0, `${failures.length} of them failed: ${failures[0]}`);
  return { requests: String(clients.good), failed: '0' };
}

async function helmTest(stage: Stage): Promise<void> {
  const release = await PlayedRelease.render(stage);
  await release.prefill();
  const decode = await release.decode();
  const { command, args, env } = the(release.objects, 'Pod', 'test')['spec'].containers[0];
  const names = env.map(({ name }: { name: string }) => name);
  must(names.join() === 'TARGET,MODEL,PREFILLER', `it is told ${names.join()}`);
  const run = (more: object): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [...command.slice(1), ...args], {
      env: { TARGET: release.url, MODEL: 'tiny', PREFILLER: release.prefiller, ...more },
      encoding: 'utf8',
    });
  const good = run({});
  must(good.status === 0, `${good.status}: ${good.stderr}`);
  must(good.stdout.startsWith(`tiny answers, prefilled at ${release.prefiller}: `), good.stdout);
  const other = run({ MODEL: 'large' });
  must(other.status === 1 && other.stderr.includes('serves tiny, not large'), other.stderr);
  await decode.stop();
  const gone = run({});
  must(gone.status === 1, `it passes with nobody there`);
  must(gone.stderr.includes(`${release.url}/v1/models does not answer: `), gone.stderr);
}
