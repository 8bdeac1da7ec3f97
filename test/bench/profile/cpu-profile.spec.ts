import { describe, expect, it } from '@jest/globals';
import { callTree, type CpuProfile } from './cpu-profile.js';
import { placeOf } from './place.js';
import { sharesBy } from './shares.js';

const frame = (functionName: string, url = '') => ({
  functionName,
  url,
  lineNumber: 0,
  columnNumber: 0,
});

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 5] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('serve', 'src/a/a.ts'), children: [4] },
    { id: 4, callFrame: frame('writev') },
    { id: 5, callFrame: frame('onSignal', 'file:///x/profile/preload.mjs') },
  ],
  samples: [2, 3, 4, 4, 5, 3],
  timeDeltas: [240, 250, 250, 300, 9000, 250],
};

describe(callTree.name, () => {
  it('sums the time of samples, without sleep and without the profiler', () => {
    expect(callTree(PROFILE)).toEqual({
      frame: frame('(root)'),
      selfUs: 0,
      children: [
        {
          frame: frame('serve', 'src/a/a.ts'),
          selfUs: 500,
          children: [{ frame: frame('writev'), selfUs: 550, children: [] }],
        },
      ],
    });
  });
});

describe(`${callTree.name} of native code`, () => {
  it('names what has no name by its caller', () => {
    const nodes = PROFILE.nodes.map((node) =>
      node.id === 4 ? { ...node, callFrame: frame('') } : node,
    );
    expect(callTree({ ...PROFILE, nodes }).children[0]?.children).toMatchObject([
      { frame: { functionName: 'serve (native)' } },
    ]);
  });
});

describe(`${callTree.name} on a busy machine`, () => {
  it('counts a sample that came late as two', () => {
    const timeDeltas = [250, 250, 9000, 250, 250, 250];
    expect(callTree({ ...PROFILE, timeDeltas }).children[0]).toMatchObject({
      selfUs: 500,
      children: [{ selfUs: 750 }],
    });
  });
});

describe(sharesBy.name, () => {
  it('sums own time by label, most first', () => {
    const locate = (of: { functionName: string; url: string }) =>
      placeOf(of.functionName, { file: of.url, line: 1 });
    expect(sharesBy(callTree(PROFILE), locate, ({ owner }) => owner)).toEqual([
      { label: 'native', selfUs: 550 },
      { label: 'tandem', selfUs: 500 },
    ]);
  });
});
