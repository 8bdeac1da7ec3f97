import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario, type Result } from '../support/run-scenario.js';
import { isInterrupted } from './build/tool.js';
import type { Runner } from './run/runner.js';
import type { Scenario } from './scenario.js';
import { CONTENTS } from './scenarios/contents.js';
import { HEALTH } from './scenarios/health.js';
import { LATE } from './scenarios/late.js';
import { PICKER } from './scenarios/picker.js';
import { PROGRAMS } from './scenarios/programs.js';
import { REQUESTS } from './scenarios/requests.js';
import { STOP } from './scenarios/stop.js';

const SCENARIOS: readonly Scenario[] = [
  ...CONTENTS,
  ...PROGRAMS,
  ...REQUESTS,
  ...PICKER,
  ...LATE,
  ...HEALTH,
  ...STOP,
];

/** What one run of the suite needs. */
export interface SuiteOptions {
  readonly only: readonly string[];
  readonly folder: string;
  /** What the image must hold; undefined when it is not of this checkout. */
  readonly bundle: string | undefined;
}

/** Runs the scenarios one after the other, each with containers of its own. */
export async function runSuite(
  runner: Runner,
  { only, folder, bundle }: SuiteOptions,
  say: (line: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [at, { name, run }] of SCENARIOS.entries()) {
    const scenario = `${name}, user ${runner.user}`;
    if (isInterrupted()) throw new Error('interrupted');
    if (only.length > 0 && !only.some((text) => scenario.includes(text))) continue;
    const own = join(folder, `${runner.user.replace(':', '-')}-${at}`);
    mkdirSync(own, { recursive: true });
    chmodSync(own, 0o755);
    const result = await runScenario(scenario, (after) =>
      run({ runner, bundle, folder: own, after }),
    );
    const { failure, seconds } = result;
    say(`${failure === undefined ? 'ok    ' : 'FAILED'} ${scenario} (${seconds} s)`);
    results.push(result);
  }
  return results;
}
