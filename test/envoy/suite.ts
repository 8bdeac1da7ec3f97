import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario, type Result } from '../support/run-scenario.js';
import type { EnvoyBinary, Scenario } from './scenario.js';
import { BODY_MODES } from './scenarios/body-modes.js';
import { CLIENTS } from './scenarios/clients.js';
import { FAILURES } from './scenarios/failures.js';
import { FAIL_OPEN } from './scenarios/fail-open.js';
import { HOSTILE } from './scenarios/hostile.js';
import { LOAD } from './scenarios/load.js';
import { PREFILL } from './scenarios/prefill.js';
import { SEED } from './scenarios/static-hosts.js';
import { VALIDATION } from './scenarios/validation.js';

const SCENARIOS: readonly Scenario[] = [
  ...VALIDATION,
  ...SEED,
  ...PREFILL,
  ...BODY_MODES,
  ...CLIENTS,
  ...HOSTILE,
  ...FAIL_OPEN,
  ...FAILURES,
  ...LOAD,
];

/** Runs the scenarios one after the other, each with programs and a folder of its own. */
export async function runSuite(
  envoy: EnvoyBinary,
  { only, folder }: { readonly only: readonly string[]; readonly folder: string },
  say: (line: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [at, scenario] of SCENARIOS.entries()) {
    if (only.length > 0 && !only.some((text) => scenario.name.includes(text))) continue;
    const own = join(folder, `${envoy.version}-${at}`);
    mkdirSync(own);
    const result = await runScenario(scenario.name, (after) =>
      scenario.run({ envoy, folder: own, after }),
    );
    const { failure, seconds } = result;
    say(`${failure === undefined ? 'ok    ' : 'FAILED'} ${scenario.name} (${seconds} s)`);
    if (failure !== undefined) say(`       ${failure}\n       logs: ${own}`);
    results.push({ ...result, scenario: `${envoy.version}: ${scenario.name}` });
  }
  return results;
}
