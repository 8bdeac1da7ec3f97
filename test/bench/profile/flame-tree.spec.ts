import { describe, expect, it } from '@jest/globals';
import type { CallFrame, CallNode } from './cpu-profile.js';
import { type FlameNode, flameTree } from './flame-tree.js';
import { type Place, placeOf } from './place.js';

const locate = ({ functionName, url, lineNumber }: CallFrame): Place =>
  placeOf(functionName, { file: url, line: lineNumber });

const call = (name: string, file: string, selfUs: number, children: CallNode[] = []): CallNode => ({
  frame: { functionName: name, url: file, lineNumber: 1, columnNumber: 0 },
  selfUs,
  children,
});

const root = (...children: CallNode[]): CallNode => call('(root)', '', 0, children);

function shape({ place, totalUs, frames, children }: FlameNode): unknown {
  return [place.name, totalUs, frames, ...children.map(shape)];
}

describe(flameTree.name, () => {
  it('makes one frame of the calls of one function from one parent', () => {
    const tree = root(
      call('serve', 'src/a/a.ts', 10, [call('read', 'src/b/b.ts', 20)]),
      call('serve', 'src/a/a.ts', 5, [call('read', 'src/b/b.ts', 25)]),
      call('serve', 'src/c/c.ts', 40),
    );
    expect(shape(flameTree(tree, locate, 0))).toEqual([
      '(root)',
      100,
      1,
      ['serve', 60, 1, ['read', 45, 1]],
      ['serve', 40, 1],
    ]);
  });

  it('leaves out what is too small, and its time in its parent', () => {
    const tree = root(call('a', 'src/a/a.ts', 990, [call('b', 'src/a/a.ts', 2)]), call('c', '', 8));
    expect(shape(flameTree(tree, locate, 0.005))).toEqual([
      '(root)',
      1000,
      1,
      ['a', 992, 1],
      ['c', 8, 1],
    ]);
  });

  it('joins runs of calls within packages, and none of our own', () => {
    const ours = call('handle', 'src/a/a.ts', 0, [call('send', 'src/a/b.ts', 100)]);
    const tree = root(
      call('next', 'node_modules/rxjs/x.js', 1, [
        call('map', 'node_modules/rxjs/y.js', 1, [
          call('use', 'node_modules/express/z.js', 0, [ours]),
        ]),
      ]),
    );
    expect(shape(flameTree(tree, locate, 0))).toEqual([
      '(root)',
      102,
      1,
      ['next', 102, 3, ['handle', 100, 1, ['send', 100, 1]]],
    ]);
  });
});
