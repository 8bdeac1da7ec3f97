import type { User } from '../api/api-under-test.js';
import { POD_IPS } from '../rig/engines.js';
import { Sidecar } from '../rig/sidecar.js';
import type { Figures } from '../../support/run-scenario.js';
import { ms, must, type Scenario, type Stage } from '../scenario.js';

const TIMEOUT_MS = 3000;
const FLAGS = [`--ssrf-sync-timeout=${TIMEOUT_MS}ms`];

async function start(stage: Stage, user: User): Promise<Sidecar> {
  const { api, engines, namespace } = stage;
  const kubeconfig = await api.kubeconfig(user);
  const sidecar = await Sidecar.start({ engines, namespace, kubeconfig, flags: FLAGS });
  stage.after(() => sidecar.stop());
  return sidecar;
}

/** @returns what it said when it ended with 1, as it must, having refused everything */
async function endsWithOne(sidecar: Sidecar): Promise<Figures> {
  const started = performance.now();
  const status = await sidecar.ask(POD_IPS[0]);
  must(status === 403, `it answers ${status} before it knows the pods`);
  const code = await sidecar.process.exited();
  const took = performance.now() - started;
  must(code === 1, `it ended with ${code}`);
  must(took < TIMEOUT_MS + 1500, `it took ${ms(took)}`);
  const last = sidecar.process.lines.findLast(({ level }) => level === 'error');
  return { 'exit 1 after': ms(took), reason: String(last?.['reason'] ?? last?.['msg']) };
}

const denied: Scenario = {
  name: 'a start without permissions',
  run: async (stage) => {
    await stage.api.putPool({ namespace: stage.namespace });
    const figures = await endsWithOne(await start(stage, 'nobody'));
    must(figures['reason']!.includes('403'), `the reason is ${figures['reason']}`);
    return figures;
  },
};

const missing: Scenario = {
  name: 'a start without a pool',
  run: async (stage) => {
    const figures = await endsWithOne(await start(stage, 'sidecar'));
    must(figures['reason']!.includes('not found'), `the reason is ${figures['reason']}`);
    return figures;
  },
};

const dead: Scenario = {
  name: 'a start while the API server is frozen',
  run: async (stage) => {
    stage.api.freeze();
    stage.after(() => stage.api.thaw());
    return endsWithOne(await start(stage, 'sidecar'));
  },
};

const terminated: Scenario = {
  name: 'SIGTERM while the API server is frozen at the start',
  run: async (stage) => {
    stage.api.freeze();
    stage.after(() => stage.api.thaw());
    const sidecar = await start(stage, 'sidecar');
    const started = performance.now();
    sidecar.process.signal('SIGTERM');
    const code = await sidecar.process.exited();
    must(code === 0, `it ended with ${code}`);
    return { 'exit 0 after': ms(performance.now() - started) };
  },
};

const named: Scenario = {
  name: 'a role with resourceNames for the pool',
  run: async (stage) => {
    const { api, namespace } = stage;
    await api.putPool({ namespace });
    await api.putPod({ namespace, name: 'a', ip: POD_IPS[0] });
    const sidecar = await start(stage, 'named');
    await sidecar.synced();
    must((await sidecar.ask(POD_IPS[0])) === 200, 'the pod is refused');
    const gone = await sidecar.effect(() => api.deletePool({ namespace }), POD_IPS[0], 403);
    return { 'pool deleted': ms(gone) };
  },
};

export const STARTS: readonly Scenario[] = [denied, missing, dead, terminated, named];
