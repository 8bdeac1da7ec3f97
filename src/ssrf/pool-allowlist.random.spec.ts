import { describe, expect, it } from '@jest/globals';
import { PoolStub } from '../../test/support/pool-stub.js';
import { RandomPods, randomOf } from '../../test/support/random-pods.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { parseTarget } from '../endpoint/target.js';
import { NameResolver } from './name-resolver.js';
import { PoolAllowlist } from './pool-allowlist.js';

const STEPS = 2_000;
const NAMES = 8;
const ADDRESSES = 10;

/** By the rules, of all pods, without any state: address or pod name → the addresses that are dialled. */
function oracle(pods: RandomPods, checkPorts: boolean): Map<string, string> {
  const allowed = new Map<string, string>();
  for (const { name, ips, hostNetwork } of pods.list) {
    if (hostNetwork && !checkPorts) continue;
    allowed.set(name, ips.join());
    for (const ip of ips) allowed.set(ip, ip);
  }
  return allowed;
}

const HOSTS = [
  ...Array.from({ length: NAMES }, (_, i) => `p${i}`),
  ...Array.from({ length: ADDRESSES }, (_, i) => `10.0.0.${i}`),
];

describe(`${PoolAllowlist.name}, whatever changes`, () => {
  it.each([
    [1, false],
    [2, true],
  ])('allows what the pods of that moment allow (%i)', async (seed, checkPorts) => {
    const pods = new RandomPods(randomOf(seed), NAMES, ADDRESSES);
    const pool = new PoolStub();
    const logger = new RecordingLogger();
    const resolver = new NameResolver(() => Promise.resolve([]));
    const allowlist = new PoolAllowlist(pool, resolver, logger, { checkPorts, maxStaleness: 0 });
    const logged = new Set<string>();
    for (let step = 0; step < STEPS; step++) {
      pods.step();
      pool.set(pods.list, pods.targetPorts);
      const allowed = oracle(pods, checkPorts);
      const hasPort = !checkPorts || pods.targetPorts.includes(8000);
      for (const host of HOSTS) {
        const target = parseTarget(`${host}:8000`)!;
        const verdict = await allowlist.check(target);
        const dialled = verdict.allowed
          ? (verdict.target.addresses ?? [verdict.target.host]).join()
          : undefined;
        expect([step, host, dialled]).toEqual([
          step,
          host,
          hasPort ? allowed.get(host) : undefined,
        ]);
        if (target.kind === 'ip') {
          expect(allowlist.stillAllows(target)).toBe(hasPort && allowed.has(host));
        }
      }
      const addresses = [...allowed.keys()].filter((host) => host.startsWith('10.')).sort();
      expect(allowlist.size).toBe(addresses.length);
      // The lines of the log, added up, are the set too.
      for (const { message, fields } of logger.lines.splice(0)) {
        const address = fields['address'];
        if (typeof address !== 'string') continue;
        expect(logged.has(address)).toBe(message !== 'ssrf: address added');
        if (message === 'ssrf: address removed') logged.delete(address);
        else logged.add(address);
      }
      expect([...logged].sort()).toEqual(addresses);
    }
  });
});
