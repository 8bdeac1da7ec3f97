import type { ApiUnderTest } from './api/api-under-test.js';
import type { Options } from './options.js';
import { Engines } from './rig/engines.js';
import type { Figures, Scenario } from './scenario.js';
import { LIFE } from './scenarios/life.js';
import { OUTAGES } from './scenarios/outages.js';
import { PICKER } from './scenarios/picker.js';
import { RELISTS_SCENARIOS } from './scenarios/relists.js';
import { ROUTER } from './scenarios/router.js';
import { STARTS } from './scenarios/start.js';

/** What became of a scenario. */
export interface Result {
  readonly scenario: string;
  readonly seconds: number;
  readonly figures: Figures;
  /** Undefined when it passed. */
  readonly failure: string | undefined;
}

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
      const result = await runScenario(scenario, { api, engines, namespace: `s${i}`, outage });
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

async function runScenario(
  scenario: Scenario,
  stage: { api: ApiUnderTest; engines: Engines; namespace: string; outage: number },
): Promise<Result> {
  const ends: (() => Promise<void> | void)[] = [];
  const started = performance.now();
  let figures: Figures = {};
  let failure: string | undefined;
  try {
    await stage.api.makeNamespace(stage.namespace);
    figures = await scenario.run({ ...stage, after: (end) => ends.push(end) });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  for (const end of ends.reverse()) await end();
  return {
    scenario: scenario.name,
    seconds: Math.round(performance.now() - started) / 1000,
    figures,
    failure,
  };
}
