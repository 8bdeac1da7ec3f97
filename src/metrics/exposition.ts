/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */

type Labels = Readonly<Record<string, string | number>>;

/** A metric that writes itself, for pages of many thousand lines: prom-client takes ten times as long. */
export interface WrittenMetric {
  /** @param name under which it is shown, its own unless given */
  text(name?: string): string;
}

/** @returns the two lines that begin a metric */
export function headOf(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${type}\n`;
}

/** @returns `a="b",c="d"`; '' for no labels */
export function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) {
    const value = String(labels[name]);
    const safe = UNSAFE.test(value) ? value.replace(UNSAFE_ALL, escaped) : value;
    text += `${text === '' ? '' : ','}${name}="${safe}"`;
  }
  return text;
}

/** @param labels as {@link labelText} writes them */
export function lineOf(name: string, labels: string, value: number): string {
  return labels === ''
    ? `${name} ${numberText(value)}\n`
    : `${name}{${labels}} ${numberText(value)}\n`;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

const UNSAFE = /[\\\n"]/;
const UNSAFE_ALL = /[\\\n"]/g;

function escaped(letter: string): string {
  return letter === '\n' ? '\\n' : `\\${letter}`;
}
