import { spawnSync } from 'node:child_process';
import type { KubernetesObject } from './helm.js';
import { containersOf, podsOf } from './objects.js';
import { must } from '../scenario.js';

/**
 * Runs what a pod of `helm test` runs.
 *
 * @param nameEnd how the pod's name ends
 * @param target what it asks on this machine
 * @returns what it says
 * @throws Error when it fails, with what it says
 */
export function runTestPod(
  objects: readonly KubernetesObject[],
  nameEnd: string,
  target: string,
): string {
  const pod = podsOf(objects).find(({ of }) => of.startsWith('Pod ') && of.endsWith(nameEnd));
  must(pod !== undefined, `there is no pod ${nameEnd}`);
  const [{ command, args, env }] = containersOf(pod);
  must(command[0] === '/nodejs/bin/node', `it runs ${command[0]}`);
  // What Secrets hold is the word secret.
  const own = env.map(({ name, value = 'secret' }: { name: string; value?: string }) => [
    name,
    value,
  ]);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command.slice(1), ...args], {
    env: { ...Object.fromEntries(own), TARGET: target },
    encoding: 'utf8',
  });
  must(status === 0, `${nameEnd}: ${stderr}`);
  return stdout;
}
