import { ALPHA, V1 } from '../../support/fake-apiserver-objects.js';
import { POD_IPS } from '../rig/engines.js';
import { Sidecar } from '../rig/sidecar.js';
import { ms, must, withinSecond, type Scenario, type Stage } from '../scenario.js';

const [A, B, C] = POD_IPS;
const OTHER = { app: 'other' };

/** A sidecar in front of a pool with pod a. */
export async function withPool(stage: Stage, flags: readonly string[] = []): Promise<Sidecar> {
  const { api, engines, namespace } = stage;
  await api.putPool({ namespace });
  await api.putPod({ namespace, name: 'a', ip: A });
  const kubeconfig = await api.kubeconfig('sidecar');
  const sidecar = await Sidecar.start({ engines, namespace, kubeconfig, flags });
  stage.after(() => sidecar.stop());
  await sidecar.synced();
  return sidecar;
}

const sync: Scenario = {
  name: 'the pool and its pods are read',
  run: async (stage) => {
    const { api, namespace } = stage;
    await api.putPod({ namespace, name: 'other', ip: B, labels: OTHER });
    const sidecar = await withPool(stage);
    must((await sidecar.ask(A)) === 200, 'a pod is refused');
    must((await sidecar.ask('a')) === 200, 'the name of a pod is refused');
    must((await sidecar.ask(B)) === 403, 'another pod is allowed');
    const { lines } = sidecar.process;
    const at = (message: string): number => {
      const line = lines.find(({ msg }) => msg === message);
      return Date.parse(String(line?.['time']));
    };
    return { 'after it listens': ms(at('InferencePool synced') - at('ready')) };
  },
};

const pods: Scenario = {
  name: 'pods come, change and go',
  run: async (stage) => {
    const { api, namespace } = stage;
    const sidecar = await withPool(stage);
    const b = { namespace, name: 'b' };
    const added = await sidecar.effect(() => api.putPod({ ...b, ip: B }), B, 200);
    const moved = await sidecar.effect(() => api.putPod({ ...b, ip: C }), B, 403);
    must((await sidecar.ask(C)) === 200, 'the new address is refused');
    const out = await sidecar.effect(() => api.putPod({ ...b, ip: C, labels: OTHER }), C, 403);
    const back = await sidecar.effect(() => api.putPod({ ...b, ip: C }), C, 200);
    const leaving = await sidecar.effect(() => api.terminatePod('b', namespace), C, 403);
    await api.deletePod('b', namespace);
    const gone = await sidecar.effect(() => api.deletePod('a', namespace), A, 403);
    return {
      added: withinSecond(added),
      'IP changed': withinSecond(moved),
      'relabelled away': withinSecond(out),
      'and back': withinSecond(back),
      deletionTimestamp: withinSecond(leaving),
      deleted: withinSecond(gone),
    };
  },
};

const selector: Scenario = {
  name: 'the selector changes',
  run: async (stage) => {
    const { api, namespace } = stage;
    await api.putPod({ namespace, name: 'b', ip: B, labels: OTHER });
    const sidecar = await withPool(stage);
    const taken = await sidecar.effect(() => api.putPool({ namespace, labels: OTHER }), B, 200);
    must((await sidecar.ask(A)) === 403, 'a pod of the old selector is allowed');
    const nobody = { app: 'nobody' };
    const none = await sidecar.effect(() => api.putPool({ namespace, labels: nobody }), B, 403);
    await sidecar.effect(() => api.putPool({ namespace }), A, 200);
    const empty = await sidecar.effect(() => api.putPool({ namespace, labels: {} }), A, 403);
    const back = await sidecar.effect(() => api.putPool({ namespace }), A, 200);
    return {
      'to other pods': withinSecond(taken),
      'to no pods': withinSecond(none),
      'to an empty one': withinSecond(empty),
      'and back': withinSecond(back),
    };
  },
};

const poolGone: Scenario = {
  name: 'the pool is deleted and made again',
  run: async (stage) => {
    const { api, namespace } = stage;
    const sidecar = await withPool(stage);
    const gone = await sidecar.effect(() => api.deletePool({ namespace }), A, 403);
    const back = await sidecar.effect(() => api.putPool({ namespace }), A, 200);
    const alpha = { namespace, group: ALPHA };
    await sidecar.effect(() => api.deletePool({ namespace }), A, 403);
    const other = await sidecar.effect(() => api.putPool(alpha), A, 200);
    return {
      deleted: withinSecond(gone),
      'made again': withinSecond(back),
      'as v1alpha2': ms(other),
    };
  },
};

const unserved: Scenario = {
  name: 'the API of the pool is not served any more',
  run: async (stage) => {
    const { api, namespace } = stage;
    const alpha = { namespace, group: ALPHA };
    await api.putPod({ namespace, name: 'b', ip: B, labels: OTHER });
    const sidecar = await withPool(stage);
    stage.after(async () => {
      await api.servePools(V1, true);
      await api.servePools(ALPHA, true);
    });
    await api.putPool({ ...alpha, labels: OTHER });
    const moved = await sidecar.effect(() => api.servePools(V1, false), B, 200);
    must((await sidecar.ask(A)) === 403, 'a pod of the pool that is not served is allowed');
    const none = await sidecar.effect(() => api.servePools(ALPHA, false), B, 403);
    const back = await sidecar.effect(() => api.servePools(V1, true), A, 200);
    return { 'found in v1alpha2': ms(moved), 'nowhere any more': ms(none), 'back in v1': ms(back) };
  },
};

const alphaPool: Scenario = {
  name: 'a pool of v1alpha2, ports checked',
  run: async (stage) => {
    const { api, engines, namespace } = stage;
    const ports = [engines.port];
    await api.putPool({ namespace, group: ALPHA, ports });
    await api.putPod({ namespace, name: 'a', ip: A });
    const kubeconfig = await api.kubeconfig('sidecar');
    const flags = ['--ssrf-check-ports'];
    const sidecar = await Sidecar.start({ engines, namespace, kubeconfig, flags });
    stage.after(() => sidecar.stop());
    await sidecar.synced();
    must((await sidecar.ask(A)) === 200, 'the pod is refused');
    const closed = await sidecar.effect(
      () => api.putPool({ namespace, group: ALPHA, ports: [1] }),
      A,
      403,
    );
    return { 'port changed': withinSecond(closed) };
  },
};

export const LIFE: readonly Scenario[] = [sync, pods, selector, poolGone, unserved, alphaPool];
