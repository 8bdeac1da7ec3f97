import { setTimeout as sleep } from 'node:timers/promises';
import { ALPHA, V1 } from '../../support/fake-apiserver-objects.js';
import { POD_IPS } from '../rig/engines.js';
import type { PlayedDecision } from '../../support/ext-proc-exchange.js';
import { Picker } from '../rig/picker.js';
import { PickerProgram } from '../rig/picker-program.js';
import { ms, must, withinSecond, type Scenario, type Stage } from '../scenario.js';

const [A, B, C] = POD_IPS;
const poolRef = { group: 'inference.networking.k8s.io', kind: 'InferencePool', name: 'pool' };
const first = (): number => 0;

/** A list that fails, and a back-off. */
const REPAIRED_MS = 15_000;

async function withPool(stage: Stage): Promise<Picker> {
  const { api, namespace } = stage;
  await api.putPool({ namespace });
  await api.putPod({ namespace, name: 'a', ip: A });
  const picker = await Picker.start(stage, await api.kubeconfig('picker'));
  await picker.has(`a-rank-0 ${A}:8000`);
  return picker;
}

const pods: Scenario = {
  name: 'picker: pods come, rest, change and go',
  run: async (stage) => {
    const { api, namespace } = stage;
    const picker = await withPool(stage);
    const a = `a-rank-0 ${A}:8000`;
    const both = `${a}, b-rank-0 ${B}:8000`;
    const b = { namespace, name: 'b', ip: B, ready: true };
    const names = () => picker.names;
    const added = await picker.effect(() => api.putPod(b), names, both);
    const rests = await picker.effect(() => api.putPod({ ...b, ready: false }), names, a);
    const back = await picker.effect(() => api.putPod(b), names, both);
    const annotations = { 'llm-d.ai/active-ports': '9999' };
    const idle = await picker.effect(() => api.putPod({ ...b, annotations }), names, a);
    const again = { 'llm-d.ai/active-ports': '8000' };
    await picker.effect(() => api.putPod({ ...b, annotations: again }), names, both);
    const leaving = await picker.effect(() => api.terminatePod('b', namespace), names, a);
    await api.deletePod('b', namespace);
    const gone = await picker.effect(() => api.deletePod('a', namespace), names, '');
    return {
      added: withinSecond(added),
      'not ready': withinSecond(rests),
      'ready again': withinSecond(back),
      'no active port': withinSecond(idle),
      deletionTimestamp: withinSecond(leaving),
      deleted: withinSecond(gone),
    };
  },
};

const pool: Scenario = {
  name: 'picker: the pool has other ports, selects others, goes, and comes elsewhere',
  run: async (stage) => {
    const { api, namespace } = stage;
    const picker = await withPool(stage);
    const labels = { app: 'other' };
    await api.putPod({ namespace, name: 'c', ip: C, labels });
    const names = () => picker.names;
    const put = (more: object) => () => api.putPool({ namespace, ...more });
    const two = `a-rank-0 ${A}:8000, a-rank-1 ${A}:8001`;
    const more = await picker.effect(put({ ports: [8000, 8001] }), names, two);
    const other = await picker.effect(put({ ports: [9000] }), names, `a-rank-0 ${A}:9000`);
    const moved = await picker.effect(put({ labels }), names, `c-rank-0 ${C}:8000`);
    const gone = await picker.effect(() => api.deletePool({ namespace }), names, '');
    must(picker.discovery.waitsFor === undefined, 'it waits for a pool that was deleted');
    const alpha = await picker.effect(put({ group: ALPHA, labels }), names, `c-rank-0 ${C}:8000`);
    return {
      'one port more': withinSecond(more),
      'another port': withinSecond(other),
      'other labels': withinSecond(moved),
      deleted: withinSecond(gone),
      'made as v1alpha2': ms(alpha),
    };
  },
};

const objects: Scenario = {
  name: 'picker: objectives and model rewrites, and their kinds, come, change and go',
  run: async (stage) => {
    const { api, namespace, after } = stage;
    const picker = await withPool(stage);
    const { objectives, rewrites } = picker.discovery;
    const priority = (name: string) => () => String(objectives.priorityOf(name));
    const target = () => String(rewrites.targetFor('m', first)?.target);
    const put = (value: number, name = 'batch') => {
      return () =>
        api.putObject('inferenceobjectives', {
          ...{ namespace, name },
          spec: {
            priority: value,
            poolRef: { ...poolRef, ...(name === 'far' && { name: 'far' }) },
          },
        });
    };
    const rewrite = (modelRewrite: string) => () =>
      api.putObject('inferencemodelrewrites', {
        ...{ namespace, name: 'canary' },
        spec: {
          poolRef,
          rules: [
            {
              matches: [{ model: { type: 'Exact', value: 'm' } }],
              targets: [{ modelRewrite, weight: 1 }],
            },
          ],
        },
      });
    await put(9, 'far')();
    const made = await picker.effect(put(-3), priority('batch'), '-3');
    const changed = await picker.effect(put(4), priority('batch'), '4');
    must(objectives.priorityOf('far') === 0, 'an objective of another pool counts');
    const redirected = await picker.effect(rewrite('t'), target, 't');
    const elsewhere = await picker.effect(rewrite('u'), target, 'u');
    after(() => api.serveObjects(true));
    await picker.effect(() => api.serveObjects(false), priority('batch'), '0');
    await picker.until(target, 'undefined');
    const served = await picker.effect(() => api.serveObjects(true), priority('batch'), '4');
    await picker.until(target, 'u');
    const remove = () => api.deleteObject('inferenceobjectives', 'batch', namespace);
    const gone = await picker.effect(remove, priority('batch'), '0');
    must(objectives.priorityOf('flag') === 1, 'the objective of the command line is lost');
    return {
      'objective made': withinSecond(made),
      'priority changed': withinSecond(changed),
      'model rewritten': withinSecond(redirected),
      'target changed': withinSecond(elsewhere),
      'kinds served again': ms(served),
      'objective deleted': withinSecond(gone),
    };
  },
};

const selector: Scenario = {
  name: 'picker: pods by a selector of sets',
  run: async (stage) => {
    const { api, namespace } = stage;
    const pod = (name: string, ip: string, labels: Record<string, string>) =>
      api.putPod({ namespace, name, ip, labels });
    await pod('a', A, { app: 'vllm', tier: 'gold' });
    await pod('b', B, { app: 'vllm', tier: 'lead' });
    await pod('c', C, { app: 'vllm', tier: 'silver', test: '' });
    const picker = await Picker.start(stage, await api.kubeconfig('picker'), {
      ...{ from: 'selector', namespace, targetPorts: [8000] },
      selector: 'app=vllm,tier in (gold, silver),!test',
    });
    await picker.has(`a-rank-0 ${A}:8000`);
    const both = `a-rank-0 ${A}:8000, b-rank-0 ${B}:8000`;
    const names = () => picker.names;
    const change = () => pod('b', B, { app: 'vllm', tier: 'silver' });
    return { relabelled: withinSecond(await picker.effect(change, names, both)) };
  },
};

const killed: Scenario = {
  name: 'picker: the API server is killed while pods, pool and objectives change',
  run: async (stage) => {
    const { api, namespace } = stage;
    const picker = await withPool(stage);
    const put = (priority: number) =>
      api.putObject('inferenceobjectives', {
        ...{ namespace, name: 'batch' },
        spec: { priority, poolRef },
      });
    await put(2);
    await picker.until(() => picker.discovery.objectives.priorityOf('batch') === 2);
    await api.kill();
    await picker.until(() => picker.logger.messages.some((line) => /out of contact/.test(line)));
    await sleep(1000);
    await picker.has(`a-rank-0 ${A}:8000`);
    must(picker.discovery.objectives.priorityOf('batch') === 2, 'an objective was forgotten');
    const change = async (): Promise<void> => {
      await api.restart();
      await api.putPod({ namespace, name: 'b', ip: B });
      await api.putPool({ namespace, ports: [8001] });
      await put(3);
    };
    const all = `a-rank-0 ${A}:8001, b-rank-0 ${B}:8001`;
    const took = await picker.effect(change, () => picker.names, all);
    await picker.until(() => picker.discovery.objectives.priorityOf('batch') === 3);
    must(took < REPAIRED_MS, `it took ${ms(took)}`);
    return { repaired: ms(took) };
  },
};

const denied: Scenario = {
  name: 'picker: without the right to objectives and rewrites',
  run: async (stage) => {
    const { api, namespace } = stage;
    await api.putPool({ namespace });
    await api.putPod({ namespace, name: 'a', ip: A });
    const picker = await Picker.start(stage, await api.kubeconfig('sidecar'));
    await picker.has(`a-rank-0 ${A}:8000`);
    const { lines } = picker.logger;
    const said = lines.map(({ fields }) => String(fields?.['error'])).join('\n');
    const wanted = `may not list inferenceobjectives.llm-d.ai in namespace ${namespace}`;
    must(said.includes(wanted), 'the missing right is not told');
    return { denied: 'said in the log' };
  },
};

const defined: Scenario = {
  name: 'picker: pools, objectives and rewrites as their projects define them',
  run: async (stage) => {
    const { api, namespace, after } = stage;
    after(() => api.defineAsBefore());
    const found = await api.defineAsOthers();
    if (found.length === 0) return { definitions: 'none found on this machine' };
    if (found.includes(`inferencepools.${V1}`)) await untilChecked(stage);
    const picker = await withPool(stage);
    const ports = [8000, 8001];
    const two = `a-rank-0 ${A}:8000, a-rank-1 ${A}:8001`;
    const put = () => api.putPool({ namespace, ports });
    const more = await picker.effect(put, () => picker.names, two);
    const { objectives, rewrites } = picker.discovery;
    const objective = () =>
      api.putObject('inferenceobjectives', {
        ...{ namespace, name: 'batch' },
        spec: { priority: -3, poolRef: { name: 'pool' } },
      });
    const made = await picker.effect(objective, () => objectives.priorityOf('batch') === -3);
    const targets = [
      { modelRewrite: 't', weight: 1_000_000 },
      { modelRewrite: 'u', weight: 1 },
    ];
    const rewrite = () =>
      api.putObject('inferencemodelrewrites', {
        ...{ namespace, name: 'all' },
        spec: { poolRef: { name: 'pool' }, rules: [{ targets }] },
      });
    const redirected = await picker.effect(
      rewrite,
      () => rewrites.targetFor('any', first)?.target === 't',
    );
    return {
      definitions: found.join(' '),
      'one port more': withinSecond(more),
      'objective made': withinSecond(made),
      'model rewritten': withinSecond(redirected),
    };
  },
};

/** A definition takes effect some time after it was changed. @returns when a pool that selects all is refused */
async function untilChecked({ api, namespace }: Stage): Promise<void> {
  const spec = { selector: { matchLabels: {} }, targetPorts: [{ number: 8000 }] };
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    const name = `wrong-${Math.floor(performance.now())}`;
    const made = await api.putPool({ namespace, name, spec }).catch(() => 'refused');
    if (made === 'refused') return;
    await sleep(50);
  }
  throw new Error('the definition of pools takes no effect');
}

const program: Scenario = {
  name: 'picker: the program decides by pods, pool, objectives and rewrites',
  run: async (stage) => {
    const { api, namespace } = stage;
    await api.putPool({ namespace });
    const started = await PickerProgram.start(stage, await api.kubeconfig('picker'));
    const empty = await started.decide();
    must(empty.immediate?.status === 503, 'an empty pool is not answered with 503');
    const goesTo = (endpoint: string) => (decision: PlayedDecision) =>
      decision.endpoint === endpoint;
    const pod = () => api.putPod({ namespace, name: 'a', ip: A });
    const added = await started.effect(pod, goesTo(`${A}:8000`));
    const ports = () => api.putPool({ namespace, ports: [9000] });
    const moved = await started.effect(ports, goesTo(`${A}:9000`));
    const targets = [{ modelRewrite: 't', weight: 1 }];
    const rewrite = () =>
      api.putObject('inferencemodelrewrites', {
        ...{ namespace, name: 'canary' },
        spec: { poolRef, rules: [{ targets }] },
      });
    const asks = (decision: PlayedDecision) => decision.body.toString().includes('"model":"t"');
    const redirected = await started.effect(rewrite, asks);
    await api.putObject('inferenceobjectives', {
      ...{ namespace, name: 'urgent' },
      spec: { priority: 7, poolRef },
    });
    const deadline = performance.now() + 20_000;
    while ((await started.requestsOf(7)) === 0) {
      must(performance.now() < deadline, 'no request has the priority of its objective');
      await started.decide('m', 'urgent');
    }
    const gone = await started.effect(
      () => api.deletePod('a', namespace),
      ({ immediate }) => immediate?.status === 503,
    );
    return {
      'pod added': withinSecond(added),
      'another port': withinSecond(moved),
      'model rewritten': withinSecond(redirected),
      'pod deleted': withinSecond(gone),
    };
  },
};

export const PICKER: readonly Scenario[] = [
  program,
  pods,
  pool,
  objects,
  selector,
  defined,
  killed,
  denied,
];
