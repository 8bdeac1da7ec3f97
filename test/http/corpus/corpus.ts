import { readFileSync } from 'node:fs';
import type { Suite } from '../suites/suite.js';
import { isHttp11Probe, http11ProbeSuite } from './http11probe.js';
import { isLlhttp, llhttpSuites } from './llhttp.js';

/**
 * Reads a public corpus and makes suites of it.
 *
 * @throws Error with one line for the user when its shape is none of those known
 */
export function readCorpus(path: string): Suite[] {
  const corpus: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (isHttp11Probe(corpus)) return [http11ProbeSuite(corpus)];
  if (isLlhttp(corpus)) return llhttpSuites(corpus);
  throw new Error(`--corpus: neither Http11Probe's nor llhttp's: ${path}`);
}
