import { substitute, type Places } from '../rig/places.js';
import type { Random } from '../random.js';
import { MUTATIONS } from './mutations.js';

/** A header line: name and value, each character a byte. */
export type Line = readonly [name: string, value: string];

/** Values to begin with: of hosts that are allowed, denied and unknown. */
const SEEDS = [
  ...Array<string>(4).fill('{A}:{P}'),
  ...Array<string>(3).fill('{D}:{P}'),
  '{B}:{P}',
  '[{A6}]:{P}',
  '[{A6_LONG}]:{P1}',
  '{A}:{P1}',
  '{A}:{Q}',
  '{A}:{DEADPORT}',
  '[::ffff:{A}]:{P}',
  '{PODNAME}:{P}',
  '{PODB}:{P}',
  '{POD6}:{P}',
  'one.pods.test:{P}',
  'all.pods.test:{P}',
  'mapped.pods.test:{P}',
  'mixed.pods.test:{P}',
  'denied.pods.test:{P}',
  'no-such-host.test:{P}',
  'localhost:{P}',
  '{SELF}:{P}',
  '{D}:80',
  '[::ffff:{D}]:{P}',
  '{OTHERNS}:{P}',
  '{UNSELECTED}:{P}',
  '{HOSTNET}:{P}',
  'on-the-node:{P}',
  '169.254.169.254:80',
  '10.96.0.1:443',
  'metadata.google.internal:80',
  '0.0.0.0:{P}',
  '[::]:{P}',
  '__proto__:{P}',
];

const NAMES = ['x-prefiller-host-port', 'X-Prefiller-Host-Port', 'X-PREFILLER-HOST-PORT'];

/** Makes header lines, one list after the other. */
export class Generator {
  private readonly seeds: readonly string[];

  constructor(
    private readonly random: Random,
    places: Places,
  ) {
    this.seeds = SEEDS.map((seed) => substitute(seed, places));
  }

  next(): Line[] {
    const { random } = this;
    const lines: Line[] = [];
    if (random.chance(0.95)) lines.push([random.pick(NAMES), this.value()]);
    if (random.chance(0.08)) lines.push([random.pick(NAMES), this.value()]);
    if (lines.length === 0 || random.chance(0.05)) lines.push(['x-prefiller-url', this.value()]);
    if (random.chance(0.04)) lines.push(['x-encoder-hosts-ports', this.value()]);
    if (random.chance(0.04)) lines.push(['x-kv-cache-source-host-port', this.value()]);
    return lines;
  }

  private value(): string {
    const { random, seeds } = this;
    let value = random.pick(seeds);
    const steps = random.pick([0, 0, 1, 1, 1, 1, 1, 2, 2, 3]);
    for (let i = 0; i < steps; i++) value = random.pick(MUTATIONS)(value, random, seeds);
    // A pair would begin another line: that is no value any more.
    return value.replaceAll('\r\n', '');
  }
}
