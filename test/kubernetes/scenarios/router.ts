import { setTimeout as sleep } from 'node:timers/promises';
import type { User } from '../api/api-under-test.js';
import { Link } from '../api/link.js';
import { POD_IPS } from '../rig/engines.js';
import { RESYNC_S, Router, RouterLoad } from '../rig/router.js';
import { ms, must, withinSecond, type Scenario, type Stage } from '../scenario.js';

const [A, B, C] = POD_IPS;
const OTHER = { app: 'other' };

/** A list that fails and a back-off of as long as a resync. */
const REPAIRED_MS = 10_000;

/** A router with pods a and b. */
async function withPods(stage: Stage, port?: number): Promise<Router> {
  const { api, engines, namespace } = stage;
  await api.putPod({ namespace, name: 'a', ip: A });
  await api.putPod({ namespace, name: 'b', ip: B });
  const kubeconfig = await api.kubeconfig('sidecar', port);
  const router = await Router.start({ engines, namespace, kubeconfig });
  stage.after(() => router.stop());
  await router.has([A, B]);
  return router;
}

function repaired(took: number): string {
  must(took < REPAIRED_MS, `it took ${ms(took)}`);
  return ms(took);
}

const pods: Scenario = {
  name: 'router: pods come, rest, change and go',
  run: async (stage) => {
    const { api, namespace } = stage;
    const router = await withPods(stage);
    const load = new RouterLoad(router, stage.after);
    const c = { namespace, name: 'c', ready: true };
    const added = await router.effect(() => api.putPod({ ...c, ip: C }), [A, B, C]);
    const rests = await router.effect(() => api.putPod({ ...c, ip: C, ready: false }), [A, B]);
    const back = await router.effect(() => api.putPod({ ...c, ip: C }), [A, B, C]);
    const out = await router.effect(() => api.putPod({ ...c, ip: C, labels: OTHER }), [A, B]);
    await router.effect(() => api.putPod({ ...c, ip: C }), [A, B, C]);
    const leaving = await router.effect(() => api.terminatePod('c', namespace), [A, B]);
    await api.deletePod('c', namespace);
    const gone = await router.effect(() => api.deletePod('b', namespace), [A]);
    const again = await router.effect(() => api.putPod({ namespace, name: 'b', ip: B }), [A, B]);
    return {
      added: withinSecond(added),
      'not ready': withinSecond(rests),
      'ready again': withinSecond(back),
      'relabelled away': withinSecond(out),
      deletionTimestamp: withinSecond(leaving),
      deleted: withinSecond(gone),
      'made again': withinSecond(again),
      requests: await load.end(),
    };
  },
};

const lost: Scenario = {
  name: 'router: a watch stands still, and a deletion is lost',
  run: async (stage) => {
    const { api, namespace } = stage;
    const link = await Link.open(api.port);
    stage.after(() => link.cut());
    const router = await withPods(stage, link.port);
    link.mute();
    const load = new RouterLoad(router, stage.after);
    const change = async (): Promise<void> => {
      await api.deletePod('b', namespace);
      await api.putPod({ namespace, name: 'c', ip: C });
    };
    const took = await router.effect(change, [A, C]);
    return {
      'listed every': `${RESYNC_S} s`,
      repaired: repaired(took),
      requests: await load.end(),
    };
  },
};

const killed: Scenario = {
  name: 'router: the API server is killed, loses history, and is restarted',
  run: async (stage) => {
    const { api, namespace } = stage;
    const link = await Link.open(api.port);
    stage.after(() => link.cut());
    const router = await withPods(stage, link.port);
    const load = new RouterLoad(router, stage.after);
    await link.cut();
    await api.deletePod('b', namespace);
    await api.compact();
    await api.kill();
    await sleep(2 * RESYNC_S * 1000);
    await router.has([A, B]);
    must(router.errors.length > 0, 'no error was logged');
    await api.restart();
    const took = await router.effect(() => link.mend(), [A]);
    return { repaired: repaired(took), requests: await load.end() };
  },
};

async function startFor(stage: Stage, user: User): Promise<Router> {
  const { api, engines } = stage;
  const kubeconfig = await api.kubeconfig(user);
  const router = await Router.start({ engines, kubeconfig, selector: 'app=everywhere' });
  stage.after(() => router.stop());
  return router;
}

const everywhere: Scenario = {
  name: 'router: pods of all namespaces, with the right to them and without',
  run: async (stage) => {
    const { api, namespace } = stage;
    const other = `${namespace}-too`;
    await api.makeNamespace(other);
    const labels = { app: 'everywhere' };
    await api.putPod({ namespace, name: 'a', ip: A, labels });
    await api.putPod({ namespace: other, name: 'a', ip: B, labels });
    const denied = await startFor(stage, 'sidecar');
    const router = await startFor(stage, 'wide');
    await router.has([A, B]);
    const gone = await router.effect(() => api.deletePod('a', other), [A]);
    const deadline = performance.now() + REPAIRED_MS;
    while (denied.errors.length === 0 && performance.now() < deadline) await sleep(20);
    must(/forbidden \(403\): .*all namespaces/.test(denied.errors.join()), 'no 403 was logged');
    return { deleted: withinSecond(gone), denied: '403 in the log' };
  },
};

export const ROUTER: readonly Scenario[] = [pods, lost, killed, everywhere];
