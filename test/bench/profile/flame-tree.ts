import type { CallFrame, CallNode } from './cpu-profile.js';
import type { Place } from './place.js';

/** A frame of a flame graph. */
export interface FlameNode {
  readonly place: Place;
  /** Frames that stand for one: a run of calls within packages, or within Node. */
  readonly frames: number;
  /** With all that it calls. */
  readonly totalUs: number;
  readonly children: readonly FlameNode[];
}

/** Of a parent's time: what a lone child needs to stand for it. */
const NEARLY_ALL = 0.95;

/**
 * Makes a flame graph's tree: calls of one function from one parent are one frame, what is too small is left out (its
 * time stays in its parents'), and runs of calls within packages or within Node become one frame.
 *
 * @param least the smallest share of the whole that gets a frame, 0.003 for 0.3 %
 */
export function flameTree(
  tree: CallNode,
  locate: (frame: CallFrame) => Place,
  least: number,
): FlameNode {
  const smallest = totalUs(tree) * least;
  const build = (place: Place, nodes: readonly CallNode[]): FlameNode => {
    const calls = new Map<string, { place: Place; nodes: CallNode[] }>();
    for (const child of nodes.flatMap(({ children }) => children)) {
      const called = locate(child.frame);
      const key = `${called.name} ${called.at}`;
      const known = calls.get(key);
      if (known) known.nodes.push(child);
      else calls.set(key, { place: called, nodes: [child] });
    }
    const children = [...calls.values()]
      .filter((call) => sum(call.nodes) >= smallest)
      .map((call) => build(call.place, call.nodes));
    return joined({ place, frames: 1, totalUs: sum(nodes), children });
  };
  return build(locate(tree.frame), [tree]);
}

function joined(node: FlameNode): FlameNode {
  const [child] = node.children;
  const { owner } = node.place;
  if (!child || child.place.owner !== owner || owner === 'tandem' || owner === 'native')
    return node;
  if (node.children.length > 1 || child.totalUs < NEARLY_ALL * node.totalUs) return node;
  return { ...node, frames: node.frames + child.frames, children: child.children };
}

function sum(nodes: readonly CallNode[]): number {
  return nodes.reduce((total, node) => total + totalUs(node), 0);
}

const totals = new WeakMap<CallNode, number>();

function totalUs(node: CallNode): number {
  let total = totals.get(node);
  if (total === undefined) {
    total = node.selfUs + sum(node.children);
    totals.set(node, total);
  }
  return total;
}
