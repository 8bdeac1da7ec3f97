/** Labels of one sample, in the order of the page. */
export type SampleLabels = readonly (readonly [name: string, value: string])[];

export const NO_LABELS: SampleLabels = [];

const PAIR = /[\s,]*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*/y;
const REST = /^[\s,]*$/;
const ESCAPE = /\\(.)/gs;

/**
 * @param text what stands between the braces
 * @returns undefined for what are no labels
 */
export function parseLabels(text: string): SampleLabels | undefined {
  const labels: [string, string][] = [];
  let at = 0;
  for (PAIR.lastIndex = 0; ; at = PAIR.lastIndex) {
    const pair = PAIR.exec(text);
    if (!pair) break;
    labels.push([pair[1]!, unescaped(pair[2]!)]);
  }
  return REST.test(text.slice(at)) ? labels : undefined;
}

/** @returns the value of a label; undefined where the sample has none of that name */
export function labelOf(labels: SampleLabels, name: string): string | undefined {
  return labels.find(([one]) => one === name)?.[1];
}

/** A backslash stands before itself, a quote, and `n` for the end of a line. */
function unescaped(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(ESCAPE, (_, character: string) => (character === 'n' ? '\n' : character));
}
