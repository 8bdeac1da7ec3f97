import type { Report } from './examine.js';

export interface Advice {
  /** `tandem router` with these makes use of the workers. */
  readonly flags: readonly string[];
  /** What is to be decided by people, and why. */
  readonly hints: readonly string[];
}

/** Which flags a router should have for these workers; those that cannot be used are left out. */
export function adviceFor(reports: readonly Report[]): Advice {
  const usable = reports.filter((report) => report.usable);
  if (usable.length === 0) return { flags: [], hints: ['no worker can be used'] };
  const flags = ['--worker-urls', ...usable.map(({ url }) => url)];
  const hints: string[] = [];
  const models = new Set(usable.map(({ models: ids }) => [...ids].sort().join()));
  if (models.size > 1) flags.push('--enable-igw');
  const ranks = ranksOf(usable, hints);
  if (ranks > 1) flags.push('--data-parallel-size', String(ranks));
  flags.push('--policy', usable.length * ranks > 1 ? 'cache_aware' : 'round_robin');
  if (usable.some(({ needsKey }) => needsKey)) {
    hints.push('the workers ask for a key: clients send it, or POST /workers gives it as api_key');
  }
  if (usable.length > 1 && usable.every(({ transfersKv }) => transfersKv)) {
    const [first, ...others] = usable.map(({ url }) => url);
    const pair = `--pd-disaggregation --kv-connector nixl --prefill ${first} --decode ${others.join(' --decode ')}`;
    hints.push(
      `all can hand on their KV cache; to split prefill from decode, in place of --worker-urls: ${pair}`,
    );
  }
  const left = reports.length - usable.length;
  if (left > 0) hints.push(`${left} of ${reports.length} workers are left out: see above`);
  return { flags, hints };
}

function ranksOf(usable: readonly Report[], hints: string[]): number {
  const counts = new Set(usable.map(({ ranks }) => ranks ?? 1));
  const [count = 1] = counts;
  if (counts.size === 1) return count;
  hints.push(
    `workers differ in data-parallel ranks (${[...counts].join(', ')}): give dp_size with POST /workers`,
  );
  return 1;
}
