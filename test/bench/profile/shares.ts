import type { CallFrame, CallNode } from './cpu-profile.js';
import type { Place } from './place.js';

/** Time spent in something itself, not in what it calls. */
export interface Share {
  readonly label: string;
  readonly selfUs: number;
}

/** Self time by a label of the places: by group, by function. Most first. */
export function sharesBy(
  tree: CallNode,
  locate: (frame: CallFrame) => Place,
  labelOf: (place: Place) => string,
): Share[] {
  const sums = new Map<string, number>();
  const visit = (node: CallNode): void => {
    const label = labelOf(locate(node.frame));
    sums.set(label, (sums.get(label) ?? 0) + node.selfUs);
    node.children.forEach(visit);
  };
  visit(tree);
  return [...sums]
    .map(([label, selfUs]) => ({ label, selfUs }))
    .filter(({ selfUs }) => selfUs > 0)
    .sort((a, b) => b.selfUs - a.selfUs);
}
