import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../kubernetes/suite.js';
import { CHARTS } from './charts/all.js';
import type { Helm } from './rig/helm.js';
import type { Figures, Scenario } from './scenario.js';
import { RENDER } from './scenarios/render.js';

const SCENARIOS: readonly Scenario[] = [...RENDER];

/** Runs the scenarios one after the other, each with a folder of its own. */
export async function runSuite(
  helm: Helm,
  { only, folder }: { readonly only: readonly string[]; readonly folder: string },
  say: (line: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [at, scenario] of SCENARIOS.entries()) {
    if (only.length > 0 && !only.some((text) => scenario.name.includes(text))) continue;
    const own = join(folder, String(at));
    mkdirSync(own);
    const result = await runScenario(scenario, helm, own);
    const { failure, seconds } = result;
    say(`${failure === undefined ? 'ok    ' : 'FAILED'} ${scenario.name} (${seconds} s)`);
    if (failure !== undefined) say(`       ${failure}\n       logs: ${own}`);
    results.push(result);
  }
  return results;
}

async function runScenario(scenario: Scenario, helm: Helm, folder: string): Promise<Result> {
  const ends: (() => Promise<void> | void)[] = [];
  const started = performance.now();
  let figures: Figures = {};
  let failure: string | undefined;
  try {
    const stage = { helm, charts: CHARTS, folder, after: (end: () => void) => ends.push(end) };
    figures = (await scenario.run(stage)) ?? {};
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  for (const end of ends.reverse()) await end();
  const seconds = Math.round((performance.now() - started) / 10) / 100;
  return { scenario: scenario.name, seconds, figures, failure };
}
