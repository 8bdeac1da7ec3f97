import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { GoodCase } from '../chart-cases.js';
import type { Values } from './helm.js';

const CHARTS = fileURLToPath(new URL('../../../helm/', import.meta.url));

/** @returns the files of a chart's folder examples, which must render */
export function examplesOf(chart: string): GoodCase[] {
  return readdirSync(`${CHARTS}${chart}/examples/`).map((file) => ({
    name: `examples/${file}`,
    values: exampleOf(chart, file),
  }));
}

/** @returns the values of one of them */
export function exampleOf(chart: string, file: string): Values {
  return parse(readFileSync(`${CHARTS}${chart}/examples/${file}`, 'utf8')) as Values;
}
