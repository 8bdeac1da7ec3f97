import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ROUTER } from '../charts/tandem-router.js';
import { the } from '../rig/objects.js';
import { FakeService } from '../router/fake-service.js';
import { KeptAliveClients } from '../router/kept-alive-client.js';
import { RouterPod } from '../router/router-pod.js';
import { ask, fakeApi, NAMESPACE, pod, ready, render, simulator, until } from '../router/stage.js';
import { must, type Scenario, type Stage } from '../scenario.js';

/** @returns the URLs of the workers that are ready */
async function workers(router: RouterPod): Promise<string[]> {
  const answer = await fetch(`${router.process.url}/workers`);
  const { workers } = (await answer.json()) as { workers: { url: string; status: string }[] };
  return workers.filter(({ status }) => status === 'ready').map(({ url }) => url);
}

/** The router's chart: what it renders, running. */
export const ROUTER_RUNS: readonly Scenario[] = [
  {
    name: 'router: what every set of values renders starts, and lives',
    run: async (stage) => {
      const api = await fakeApi(stage);
      const kubeconfig = await api.kubeconfig('wide');
      for (const [at, { name, values = {} }] of ROUTER.good.entries()) {
        const objects = render(stage, values);
        const folder = join(stage.folder, `pod-${at}`);
        const asks = objects.some(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
        const place = { folder, ...(asks && { kubeconfig }) };
        const started = await RouterPod.start(objects, place).catch((error: Error) => {
          throw new Error(`${name}: ${error.message}`);
        });
        const seen = [await started.probe('startupProbe'), await started.probe('livenessProbe')];
        const metrics = await fetch(`${started.process.opsUrl}/metrics`);
        must(
          seen.join() === '200,200' && metrics.ok,
          `${name}: probes are answered ${seen.join()}`,
        );
        await started.stop();
      }
      return { started: String(ROUTER.good.length) };
    },
  },
  {
    name: 'router: workers by URL serve, and a change of values reaches running pods',
    run: async (stage) => {
      const [a, b] = [await simulator(stage), await simulator(stage)];
      const before = render(stage, { workers: { urls: [a.url] } });
      const router = await pod(stage, before);
      await ready(router);
      must((await ask(router)) === 200, 'a request is not served');
      const after = render(stage, {
        workers: { urls: [a.url, b.url] },
        router: { config: { policy: 'round_robin', 'queue-size': 5 } },
      });
      must(
        isDeepStrictEqual(the(before, 'Deployment'), the(after, 'Deployment')),
        'a setting that running pods take over makes new ones',
      );
      const fixed = render(stage, {
        workers: { urls: [a.url] },
        router: { config: { 'enable-igw': true } },
      });
      must(
        !isDeepStrictEqual(the(before, 'Deployment'), the(fixed, 'Deployment')),
        'a setting that needs a restart makes no new pods',
      );
      const began = performance.now();
      router.configuration.write(the(after, 'ConfigMap'));
      await until('both workers serve', async () => (await workers(router)).length === 2);
      const took = Math.round(performance.now() - began);
      return { 'taken over after the kubelet wrote it': `${took} ms` };
    },
  },
  {
    name: 'router: prefill and decode by URL serve as pairs',
    run: async (stage) => {
      const prefill = await simulator(stage, '--role=prefill');
      const decode = await simulator(stage, '--role=decode');
      const objects = render(stage, {
        workers: {
          prefill: [{ url: prefill.url, 'bootstrap-port': 'none' }],
          decode: [decode.url],
        },
      });
      const router = await pod(stage, objects);
      await ready(router);
      must((await ask(router)) === 200, 'a request is not served');
      const metrics = await (await fetch(`${prefill.url}/metrics`)).text();
      must(/request_success_total\{[^\n]*\} [1-9]/.test(metrics), 'the prefill worker did nothing');
    },
  },
  {
    name: 'router: pods that labels select serve until they are deleted',
    run: async (stage) => {
      const api = await fakeApi(stage);
      const first = await simulator(stage);
      const at = { namespace: NAMESPACE, labels: { app: 'vllm' } };
      await api.putPod({ ...at, name: 'a', ip: '127.0.0.1' });
      const objects = render(stage, { workers: { selector: { app: 'vllm' }, port: first.port } });
      const router = await pod(stage, objects, { kubeconfig: await api.kubeconfig('sidecar') });
      await ready(router);
      must((await ask(router)) === 200, 'a request is not served');
      await api.terminatePod('a', NAMESPACE);
      await until('the pod is no worker', async () => (await workers(router)).length === 0);
      must((await router.probe('readinessProbe')) === 503, 'a router without workers is ready');
    },
  },
  {
    name: 'router: a rolling update drops nothing, kept-alive connections and streams included',
    run: roll,
  },
];

async function roll(stage: Stage): Promise<Record<string, string>> {
  const server = await simulator(stage, '--inter-token-latency=10ms');
  const values = { preStopSeconds: 1, workers: { urls: [server.url] } };
  const settings = { 'shutdown-accept-secs': 4, 'shutdown-grace-period-secs': 60 };
  const old = render(stage, { ...values, router: { config: settings } });
  const next = render(stage, {
    ...values,
    router: { config: { ...settings, 'enable-igw': true } },
  });
  const service = await FakeService.start();
  stage.after(() => service.stop());
  let pods = [await pod(stage, old, { name: 'old-0' }), await pod(stage, old, { name: 'old-1' })];
  const publish = (): void => void (service.endpoints = pods.map(({ port }) => port));
  for (const one of pods) await ready(one);
  publish();
  const clients = new KeptAliveClients(() => service.port, 12);
  stage.after(() => clients.end());
  await until('requests are answered', async () => clients.good > 20);
  const codes: Promise<number | null>[] = [];
  // One more than wanted, none less: the Deployment's strategy.
  for (const [at, leaving] of pods.entries()) {
    const coming = await pod(stage, next, { name: `new-${at}` });
    await ready(coming);
    pods = [...pods, coming].filter((one) => one !== leaving);
    // The kubelet does not wait until Services have learnt of it.
    codes.push(leaving.end());
    await sleep(500);
    publish();
  }
  const exits = await Promise.all(codes);
  const served = clients.good;
  await until('the new ones serve', async () => clients.good > served + 20);
  await clients.end();
  must(
    clients.failures.length === 0,
    `${clients.failures.length} of ${clients.good} failed: ${clients.failures[0]}`,
  );
  must(exits.join() === '0,0', `the old ones end with ${exits.join()}`);
  return { requests: String(clients.good), failed: '0' };
}
