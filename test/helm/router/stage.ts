import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeApi } from '../../kubernetes/api/fake-api.js';
import { ROUTER } from '../charts/tandem-router.js';
import type { KubernetesObject, Values } from '../rig/helm.js';
import { must, type Stage } from '../scenario.js';
import { RouterPod } from './router-pod.js';
import { startSimulator, type Simulator } from './simulator.js';

export const NAMESPACE = 'inference';

/** Ends with its scenario. */
export async function simulator(stage: Stage, ...args: string[]): Promise<Simulator> {
  const started = await startSimulator(...args);
  stage.after(() => started.stop());
  return started;
}

/** A pod of what the chart renders; it ends with its scenario. */
export async function pod(
  stage: Stage,
  objects: readonly KubernetesObject[],
  { name = 'pod', kubeconfig }: { name?: string; kubeconfig?: string } = {},
): Promise<RouterPod> {
  const folder = join(stage.folder, name);
  const started = await RouterPod.start(objects, { folder, ...(kubeconfig && { kubeconfig }) });
  stage.after(() => started.stop());
  return started;
}

export const render = ({ helm }: Stage, values: Values): KubernetesObject[] =>
  helm.objects({ chart: ROUTER.chart, values, namespace: NAMESPACE });

/** Waits for it, however slow this machine is. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 20_000; !(await holds()); await sleep(20)) {
    must(performance.now() < deadline, `not within 20 s: ${what}`);
  }
}

export async function ready(router: RouterPod): Promise<void> {
  await until('the router is ready', async () => (await router.probe('readinessProbe')) === 200);
}

/** @returns the status of a short completion */
export async function ask(router: RouterPod, key = ''): Promise<number> {
  const answer = await fetch(`${router.process.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: '{"model":"tiny","prompt":"Who saw it go?","max_tokens":4}',
  });
  await answer.arrayBuffer();
  return answer.status;
}

export async function fakeApi(stage: Stage): Promise<FakeApi> {
  const api = await FakeApi.start(stage.folder);
  stage.after(() => api.stop());
  return api;
}
