import { describe, expect, it } from '@jest/globals';
import { PoolStub } from '../../test/support/pool-stub.js';
import { RandomPods, randomOf } from '../../test/support/random-pods.js';
import { PoolPrefillers } from './pool-prefillers.js';

const STEPS = 3_000;
const OWN_IP = '10.0.0.3';

/** By the rules, of all pods, without any state. */
function oracle({ list }: RandomPods, port: number): string[] {
  const noRoles = list.every(({ role }) => role === undefined);
  return list
    .filter(({ role }) => noRoles || role === 'prefill' || role === 'both')
    .filter(({ ready, ips }) => ready && !ips.includes(OWN_IP))
    .map(({ ips }) => `${ips[0]}:${port}`)
    .sort();
}

describe(`${PoolPrefillers.name}, whatever changes`, () => {
  it.each([1, 2, 3])('are those of the pods of that moment (%i)', (seed) => {
    const random = randomOf(seed);
    const pods = new RandomPods(random);
    const pool = new PoolStub();
    const prefillers = new PoolPrefillers(pool, OWN_IP, undefined);
    for (let step = 0; step < STEPS; step++) {
      pods.step();
      pool.set(pods.list, pods.targetPorts);
      if (step < 5) continue;
      // More than are kept lists for.
      const port = 1 + Math.floor(random() * 20);
      const labels = prefillers.at(port).map(({ label }) => label);
      expect([step, ...labels.sort()]).toEqual([step, ...oracle(pods, port)]);
      const [first] = pods.targetPorts;
      expect(
        prefillers
          .discovered()
          .map(({ label }) => label)
          .sort(),
      ).toEqual(first === undefined ? [] : oracle(pods, first));
    }
  });
});
