import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { GoodCase } from '../chart-cases.js';
import type { Values } from './helm.js';

const CHARTS = fileURLToPath(new URL('../../../helm/', import.meta.url));

/** @returns the files of a chart's folder examples, which must render */
export function examplesOf(chart: string): GoodCase[] {
  const folder = `${CHARTS}${chart}/examples/`;
  return readdirSync(folder).map((file) => ({
    name: `examples/${file}`,
    values: parse(readFileSync(folder + file, 'utf8')) as Values,
  }));
}
