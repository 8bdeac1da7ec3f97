import type { Fields } from './fields.js';
import { selectorText, type Selector } from './selector.js';

/** Which pods are looked for, by their labels. */
export interface PodSelector {
  /** As a labelSelector has it; the same for the same pods. */
  readonly text: string;
  selects(labels: Fields): boolean;
}

/** Those that have all labels. */
export function havingAll(selector: Selector): PodSelector {
  const wanted = Object.entries(selector);
  return {
    text: selectorText(selector),
    selects: (labels) => wanted.every(([key, value]) => labels[key] === value),
  };
}
