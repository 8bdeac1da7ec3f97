import { runScenario, type Result } from '../support/run-scenario.js';
import type { ApiUnderTest } from './api/api-under-test.js';
import type { Options } from './options.js';
import { Engines } from './rig/engines.js';
import type { Scenario } from './scenario.js';
import { LIFE } from './scenarios/life.js';
import { OUTAGES } from './scenarios/outages.js';
import { PICKER } from './scenarios/picker.js';
import { RELISTS_SCENARIOS } from './scenarios/relists.js';
import { ROUTER } from './scenarios/router.js';
import { STARTS } from './scenarios/start.js';

const SCENARIOS: readonly Scenario[] = [
  ...LIFE,
  ...STARTS,
  ...ROUTER,
  ...PICKER,
  ...RELISTS_SCENARIOS,
  ...OUTAGES,
];

/** Runs the scenarios one after the other, each in a namespace of its own. */
export async function runSuite(
  api: ApiUnderTest,
  { only, outage }: Options,
  say: (line: string) => void,
): Promise<Result[]> {
  const engines = await Engines.start();
  const results: Result[] = [];
  try {
    for (const [i, scenario] of SCENARIOS.entries()) {
      if (only.length > 0 && !only.some((text) => scenario.name.includes(text))) continue;
      const namespace = `s${i}`;
      const result = await runScenario(scenario.name, async (after) => {
        await api.makeNamespace(namespace);
        return scenario.run({ api, engines, namespace, outage, after });
      });
      say(`${result.failure === undefined ? 'ok    ' : 'FAILED'} ${scenario.name}`);
      results.push(result);
    }
    if (engines.foreign > 0)
      throw new Error(`${engines.foreign} requests reached a foreign address`);
  } finally {
    await engines.stop();
  }
  return results;
}
