/** Which samples of a page are meant: those of this name that have at least these labels. */
export interface MetricSpec {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

const SPEC = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?$/;
const MATCHER = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*(?:"([^"]*)"|([^",{}]*?))\s*$/;

/**
 * Parses `name` or `name{label=value,…}`; values may stand in quotes.
 *
 * @returns undefined for anything else
 */
export function parseMetricSpec(text: string): MetricSpec | undefined {
  const found = SPEC.exec(text.trim());
  if (!found) return undefined;
  const [, name = '', inner = ''] = found;
  const labels: [string, string][] = [];
  for (const part of inner.trim() === '' ? [] : matchersIn(inner)) {
    const matcher = MATCHER.exec(part);
    if (!matcher) return undefined;
    labels.push([matcher[1]!, matcher[2] ?? matcher[3] ?? '']);
  }
  return { name, labels };
}

/** @returns the spec of a table in the source. @throws Error for what is none: a mistake in the program */
export function metricSpec(text: string): MetricSpec {
  const spec = parseMetricSpec(text);
  if (!spec) throw new Error(`${text} is no metric`);
  return spec;
}

/** Values in quotes may hold commas. */
function matchersIn(inner: string): string[] {
  return inner.match(/(?:"[^"]*"|[^",])+|(?<=,)(?=,|$)/g) ?? [];
}
