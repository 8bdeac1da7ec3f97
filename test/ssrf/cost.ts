import { NameResolver } from '../../src/ssrf/name-resolver.js';
import { PoolAllowlist } from '../../src/ssrf/pool-allowlist.js';
import { parseTarget } from '../../src/endpoint/target.js';
import { SilentLogger } from '../../src/logging/silent-logger.js';
import { told } from '../soak/report/figure.js';
import { pod, PoolStub } from '../support/pool-stub.js';
import type { PartResult } from './report/report.js';

const SIZES = [10, 1_000, 10_000];
const ROUND = 100_000;
const ROUNDS = 7;

/** Measures what a check costs with few and with many pods. The goal of 5 us is told, not asserted: machines differ. */
export function measureChecks(): PartResult {
  const begin = performance.now();
  const figures = SIZES.flatMap((size) => {
    const { allowlist, targets } = poolOf(size);
    const kinds = Object.entries(targets);
    return kinds.map(([kind, list]) =>
      told(`${kind}, ${size} pods (goal 5)`, microseconds(allowlist, list), 'us'),
    );
  });
  return { part: 'cost', figures, problems: [], seconds: (performance.now() - begin) / 1000 };
}

function poolOf(size: number): { allowlist: PoolAllowlist; targets: Record<string, string[]> } {
  const stub = new PoolStub();
  const resolver = new NameResolver(() => Promise.reject(new Error('no DNS here')));
  const options = { checkPorts: false, maxStaleness: 0 };
  const allowlist = new PoolAllowlist(stub, resolver, new SilentLogger(), options);
  const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  stub.set(Array.from({ length: size }, (_, i) => pod(`pod-${i}`, address(i))));
  const some = Array.from({ length: 64 }, (_, i) => Math.floor((i * size) / 64));
  return {
    allowlist,
    targets: {
      'an allowed address': some.map((i) => `${address(i)}:8000`),
      'a denied address': some.map((i) => `${address(i + size)}:8000`),
      'a pod name': some.map((i) => `pod-${i}:8000`),
    },
  };
}

/** Reading the text and checking it. The best of some rounds: what else runs on the machine only adds. */
function microseconds(allowlist: PoolAllowlist, texts: readonly string[]): number {
  let best = Infinity;
  let allowed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < ROUND; i++) {
      const verdict = allowlist.check(parseTarget(texts[i % texts.length]!)!);
      // Counted, so that nothing of it may be left out.
      if ('allowed' in verdict && verdict.allowed) allowed++;
    }
    best = Math.min(best, performance.now() - begin);
  }
  if (allowed % ROUND !== 0) throw new Error('some were allowed and some not');
  return (best * 1000) / ROUND;
}
