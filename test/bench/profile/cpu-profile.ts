/** Where a function begins, as V8 tells it; lines and columns from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A `.cpuprofile`, as V8's inspector gives it (protocol domain `Profiler`). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  /** Id of the node that was on top, sample by sample. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before, or from the start. */
  readonly timeDeltas: readonly number[];
}

/** A call path with the time spent at its end. */
export interface CallNode {
  readonly frame: CallFrame;
  readonly selfUs: number;
  readonly children: readonly CallNode[];
}

/** Not the program's own: its sleep, and the work of the profiler that looks at it. */
function isForeign({ functionName, url }: CallFrame): boolean {
  return functionName === '(idle)' || url.endsWith('/profile/preload.mjs');
}

/** Microseconds between two samples, as asked for. */
export const SAMPLE_US = 250;

/** The most that a sample counts for: what is more, the thread waited for a core. */
const LONGEST_US = 2 * SAMPLE_US;

/** The profile as a tree; the time in which the thread slept, or waited for a core, is left out. */
export function callTree({ nodes, samples, timeDeltas }: CpuProfile): CallNode {
  const selfUs = new Map<number, number>();
  for (const [i, id] of samples.entries()) {
    const us = Math.min(LONGEST_US, Math.max(0, timeDeltas[i] ?? 0));
    selfUs.set(id, (selfUs.get(id) ?? 0) + us);
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const build = (id: number, caller = ''): CallNode => {
    const { callFrame, children = [] } = byId.get(id)!;
    const isNameless = callFrame.functionName === '' && callFrame.url === '';
    const frame = isNameless ? { ...callFrame, functionName: `${caller} (native)` } : callFrame;
    const own = children.filter((child) => !isForeign(byId.get(child)!.callFrame));
    return {
      frame,
      selfUs: selfUs.get(id) ?? 0,
      children: own.map((child) => build(child, callFrame.functionName)),
    };
  };
  const [root] = nodes;
  if (!root) throw new Error('an empty profile');
  return build(root.id);
}
