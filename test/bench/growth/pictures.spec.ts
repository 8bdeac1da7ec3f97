import { describe, expect, it } from '@jest/globals';
import { MACHINE } from '../../support/machine-stub.js';
import { growthPictures } from './pictures.js';
import type { GrowthReport } from './results.js';

const REPORT: GrowthReport = {
  machine: MACHINE,
  commit: 'abc',
  command: 'npm run bench:growth',
  settings: { rounds: 1, quick: false, seconds: 1 },
  peers: ['a<b', 'direct', 'tandem'],
  curves: [
    {
      name: 'pods',
      title: 'Pods & more',
      axis: 'pods',
      figures: [{ key: 'cpu', label: 'CPU', unit: 'µs', judged: 'each' }],
      problems: [],
      points: [1, 10, 100].flatMap((size) =>
        ['a<b', 'direct', 'tandem'].map((peer) => ({ peer, size, rounds: { cpu: [5, -1, 7] } })),
      ),
    },
  ],
};

describe(growthPictures.name, () => {
  it('puts what the floor does beside what Tandem does', () => {
    const [curve] = REPORT.curves;
    const points = curve!.points.map((point) => ({
      ...point,
      peer: point.peer.replace('a<b', 'floor'),
    }));
    const report = { ...REPORT, peers: ['floor', 'tandem'], curves: [{ ...curve!, points }] };
    const drawn = growthPictures(report).get('growth-pods.svg');
    expect(drawn).toContain('b of pods × this: tandem 1.00 (1.00), floor 1.00 (1.00)<');
  });

  const svg = growthPictures(REPORT).get('growth-pods.svg') ?? '';

  it('draws a line for each peer but the direct clients, tandem first', () => {
    const names = [...svg.matchAll(/<text x="\d+" y="\d+">([^<]*)<\/text>/g)].map(
      ([, name]) => name,
    );
    expect(names).toEqual(['tandem', 'a&#60;b']);
    expect(svg.match(/<circle/g)).toHaveLength(2 + 2 * 3);
  });

  it('says what it is of, and leaves no sign unescaped', () => {
    expect(svg).toContain('Pods &#38; more');
    expect(svg).toContain('tandem abc');
    expect(svg).toContain('Both axes are logarithmic');
    expect(svg).toContain('b of pods × this: tandem 1.00 (1.00)<');
    expect(svg).not.toContain('NaN');
  });
});
