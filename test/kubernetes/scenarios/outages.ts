import { setTimeout as sleep } from 'node:timers/promises';
import { Link } from '../api/link.js';
import { Load } from '../rig/load.js';
import { POD_IPS } from '../rig/engines.js';
import { Sidecar } from '../rig/sidecar.js';
import { ms, must, withinSecond, type Scenario, type Stage } from '../scenario.js';
import { withPool } from './life.js';

const [A, B, C] = POD_IPS;

/** A back-off is 10 s at most. */
const AGAIN_MS = 12_000;

async function withTwoPods(stage: Stage): Promise<Sidecar> {
  const { api, namespace } = stage;
  await api.putPod({ namespace, name: 'b', ip: B });
  return withPool(stage);
}

/** @returns milliseconds until a deletion is effective, and that it was so within the back-off */
async function catchesUp({ api, namespace }: Stage, sidecar: Sidecar): Promise<string> {
  const took = await sidecar.effect(() => api.deletePod('b', namespace), B, 403);
  must(took < AGAIN_MS, `it took ${ms(took)}`);
  return ms(took);
}

const killed: Scenario = {
  name: 'the API server is killed and restarted',
  run: async (stage) => {
    const sidecar = await withTwoPods(stage);
    const load = new Load(sidecar, [A, B]);
    await stage.api.kill();
    await sleep(500);
    const started = performance.now();
    await stage.api.restart();
    const dead = performance.now() - started;
    await sleep(500);
    const { requests, refusals } = await load.end();
    return {
      'restart took': ms(dead),
      'allowed requests': String(requests),
      refusals: String(refusals),
      'deletion after it': await catchesUp(stage, sidecar),
    };
  },
};

const longOutage: Scenario = {
  name: 'the API server is dead for long',
  run: async (stage) => {
    const sidecar = await withTwoPods(stage);
    const load = new Load(sidecar, [A, B]);
    await stage.api.kill();
    await sleep(stage.outage * 1000);
    const ready = (await fetch(`${sidecar.process.opsUrl}/health/ready`)).status;
    must(ready === 200, `it is not ready: ${ready}`);
    await stage.api.restart();
    const { requests, refusals } = await load.end();
    return {
      outage: `${stage.outage} s`,
      'allowed requests': String(requests),
      refusals: String(refusals),
      'deletion after it': await catchesUp(stage, sidecar),
    };
  },
};

const frozen: Scenario = {
  name: 'the API server is frozen and goes on',
  run: async (stage) => {
    const { api, namespace } = stage;
    const sidecar = await withTwoPods(stage);
    const load = new Load(sidecar, [A, B]);
    api.freeze();
    await sleep(8000);
    api.thaw();
    const { requests, refusals } = await load.end();
    const added = await sidecar.effect(() => api.putPod({ namespace, name: 'c', ip: C }), C, 200);
    return {
      'allowed requests': String(requests),
      refusals: String(refusals),
      'addition after it': withinSecond(added),
      'deletion after it': await catchesUp(stage, sidecar),
    };
  },
};

const compacted: Scenario = {
  name: 'history is gone while the way to the server is cut',
  run: async (stage) => {
    const { api, engines, namespace } = stage;
    const link = await Link.open(api.port);
    stage.after(() => link.cut());
    await api.putPool({ namespace });
    await api.putPod({ namespace, name: 'a', ip: A });
    await api.putPod({ namespace, name: 'b', ip: B });
    const kubeconfig = await api.kubeconfig('sidecar', link.port);
    const sidecar = await Sidecar.start({ engines, namespace, kubeconfig });
    stage.after(() => sidecar.stop());
    await sidecar.synced();
    await link.cut();
    await api.deletePod('b', namespace);
    await api.putPod({ namespace, name: 'c', ip: C });
    await api.compact();
    // A server that starts anew knows no revision from before.
    await api.kill();
    await api.restart();
    must((await sidecar.ask(B)) === 200, 'the outage changed the set');
    const load = new Load(sidecar, [A]);
    const ghost = await sidecar.effect(() => link.mend(), B, 403);
    must((await sidecar.ask(C)) === 200, 'a new pod is refused');
    const { requests } = await load.end();
    return { 'ghost refused': ms(ghost), 'allowed requests': String(requests) };
  },
};

const rotated: Scenario = {
  name: 'the token is replaced',
  run: async (stage) => {
    const { api, namespace } = stage;
    const sidecar = await withTwoPods(stage);
    const load = new Load(sidecar, [A]);
    await api.rotateToken();
    const started = performance.now();
    await api.putPod({ namespace, name: 'c', ip: C });
    const added = await sidecar.effect(async () => undefined, C, 200);
    await load.end();
    must(added < AGAIN_MS, `it took ${ms(performance.now() - started)}`);
    return { 'addition after it': ms(added), 'deletion after it': await catchesUp(stage, sidecar) };
  },
};

export const OUTAGES: readonly Scenario[] = [killed, frozen, compacted, rotated, longOutage];
