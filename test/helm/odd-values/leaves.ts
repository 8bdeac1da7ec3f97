import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Values } from '../rig/helm.js';

/** @returns the path of each value of a chart, and of each group of values */
export function pathsOf(chart: string): string[][] {
  const file = new URL(`../../../helm/${chart}/values.yaml`, import.meta.url);
  return [...paths(parse(readFileSync(file, 'utf8')) as Values)];
}

function* paths(values: Values, path: readonly string[] = []): Generator<string[]> {
  for (const [key, value] of Object.entries(values)) {
    yield [...path, key];
    if (isMap(value)) yield* paths(value, [...path, key]);
  }
}

/** @returns the values with one of them replaced */
export function withValue(values: Values, [key = '', ...rest]: string[], value: unknown): Values {
  const inner = isMap(values[key]) ? values[key] : {};
  return { ...values, [key]: rest.length > 0 ? withValue(inner, rest, value) : value };
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
