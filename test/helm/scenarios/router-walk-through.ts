import { exampleOf } from '../rig/examples.js';
import { RELEASE, type Values } from '../rig/helm.js';
import { runTestPod } from '../rig/test-pod.js';
import { podOf } from '../charts/sidecar/pods.js';
import { ask, fakeApi, NAMESPACE, pod, ready, render, simulator } from '../router/stage.js';
import { PlayedRelease } from '../sidecar/release.js';
import { must, type Scenario, type Stage } from '../scenario.js';

/** Addresses of the pods of a played release, by role. */
const ADDRESSES = { decode: '127.0.0.1', prefill: '127.0.0.2' };

/** docs/deploy/router.md, as far as it goes without a kubelet. */
export const ROUTER_WALK_THROUGH: readonly Scenario[] = [
  { name: 'router: finds the simulators of the chart tandem-sidecar, as on a laptop', run: laptop },
  {
    name: 'router: clients need the key of the Secret, and the pod of helm test has it',
    run: async (stage) => {
      const server = await simulator(stage);
      const objects = render(stage, {
        workers: { urls: [server.url] },
        keys: { clients: { secret: 'router-keys' } },
      });
      const router = await pod(stage, objects);
      await ready(router);
      must((await ask(router)) === 401, 'a client without the key is served');
      must((await ask(router, 'secret')) === 200, 'a client with the key is not served');
      return { 'helm test': runTestPod(objects, '-test', router.process.url).trim() };
    },
  },
];

async function laptop(stage: Stage): Promise<Record<string, string>> {
  const release = await PlayedRelease.render(stage);
  await release.prefill();
  await release.decode();
  const api = await fakeApi(stage);
  for (const [role, ip] of Object.entries(ADDRESSES)) {
    const { labels } = podOf(release.objects, role);
    await api.putPod({ namespace: NAMESPACE, name: role, ip, labels });
  }
  // The release of the walk-through is called demo.
  const example = JSON.stringify(exampleOf('tandem-router', 'simulator.yaml'));
  const values = JSON.parse(example.replaceAll('"demo"', `"${RELEASE}"`)) as {
    workers: Values;
  };
  const objects = render(stage, { ...values, workers: { ...values.workers, port: release.port } });
  const router = await pod(stage, objects, { kubeconfig: await api.kubeconfig('sidecar') });
  await ready(router);
  must((await ask(router)) === 200, 'a request is not served');
  const answer = await fetch(`${router.process.opsUrl}/debug/decisions`);
  const decisions = await answer.text();
  for (const ip of Object.values(ADDRESSES)) {
    must(decisions.includes(`http://${ip}:${release.port}`), `${ip} had no part: ${decisions}`);
  }
  return { 'helm test': runTestPod(objects, '-test', router.process.url).trim() };
}
