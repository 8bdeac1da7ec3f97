import { isFields } from './fields.js';

/** Labels that a pod must have, all of them; at least one. */
export type Selector = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * Reads the selector of an InferencePool: `{matchLabels: {…}}` (v1) or the labels themselves (v1alpha2), told apart by
 * shape.
 *
 * What selects nothing in particular would select every pod of the namespace if it were sent: an empty selector,
 * expressions, and labels that are none are refused instead.
 *
 * @returns the labels, or why there are none, in words
 */
export function parseSelector(selector: unknown): Selector | string {
  if (!isFields(selector)) return 'it has no selector';
  const { matchLabels, matchExpressions, ...rest } = selector;
  const isFlat = matchLabels === undefined && matchExpressions === undefined;
  if (!isFlat) {
    if (
      matchExpressions !== undefined &&
      !(Array.isArray(matchExpressions) && matchExpressions.length === 0)
    )
      return 'its selector has matchExpressions, which an InferencePool does not know';
    if (Object.keys(rest).length > 0) return 'its selector has labels beside matchLabels';
    if (!isFields(matchLabels)) return 'its matchLabels are no labels';
  }
  const labels = isFlat ? rest : (matchLabels as Readonly<Record<string, unknown>>);
  const entries = Object.entries(labels);
  if (entries.length === 0) return 'its selector is empty';
  for (const [key, value] of entries) {
    const flaw = labelFlaw(key, value, ' in its selector');
    if (flaw !== undefined) return flaw;
  }
  return labels as Selector;
}

/** @returns why it is no label, in words; undefined where it is one */
export function labelFlaw(key: string, value: unknown, where = ''): string | undefined {
  if (!isLabelKey(key)) return `${JSON.stringify(key)}${where} is no label`;
  if (typeof value === 'string' && (value === '' || NAME.test(value))) return undefined;
  return `${JSON.stringify(value)}${where} is no value of a label`;
}

/** @returns the text of a labelSelector, the same for the same labels in any order */
export function selectorText(selector: Selector): string {
  return Object.keys(selector)
    .sort()
    .map((key) => `${key}=${selector[key]}`)
    .join(',');
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return NAME.test(key);
  return PREFIX.test(key.slice(0, slash)) && NAME.test(key.slice(slash + 1));
}
