import type { Check, ClientUnderTest } from './check.js';
import type { Through } from './options.js';
import { CHECKS } from './checks.js';
import { EngineWatch } from './rig/metrics.js';
import type { Rig } from './rig/rig.js';

/** An aborted request that an engine still runs after this is not aborted. */
const PATIENCE_MS = 1500;
/** Real engines count a transfer with their next step, and refresh gauges now and then. */
const PATIENCE_WITH_REAL_ENGINES_MS = 15_000;
const CHECK_LIMIT_MS = 60_000;

/** What became of one check with one client. */
export interface Result {
  readonly client: ClientUnderTest;
  readonly check: string;
  readonly milliseconds: number;
  /** Undefined when it passed. */
  readonly failure: string | undefined;
}

/** What a run is about. */
export interface SuiteOptions {
  readonly simulated: boolean;
  readonly through: Through;
  readonly only: readonly string[];
}

/** Runs every check that fits with every client, one after the other so that counters tell them apart. */
export async function runSuite(
  clients: readonly ClientUnderTest[],
  rig: Rig,
  options: SuiteOptions,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const client of clients) {
    for (const check of CHECKS[client.library].filter((one) => fits(one, client, options))) {
      results.push(await runCheck(client, check, rig, options));
    }
  }
  return results;
}

function fits(
  check: Check,
  client: ClientUnderTest,
  { simulated, through, only }: SuiteOptions,
): boolean {
  if (check.sidecarOnly && through !== 'sidecar') return false;
  if (check.language !== undefined && check.language !== client.language) return false;
  if (check.simulated && !simulated) return false;
  const name = `${client.library} ${client.language} ${check.name}`;
  return only.length === 0 || only.some((text) => name.includes(text));
}

async function runCheck(
  client: ClientUnderTest,
  check: Check,
  rig: Rig,
  { simulated }: SuiteOptions,
): Promise<Result> {
  const patience = simulated ? PATIENCE_MS : PATIENCE_WITH_REAL_ENGINES_MS;
  await rig.settle();
  const watch = await EngineWatch.start(rig.engines, patience);
  const started = performance.now();
  let failure: string | undefined;
  let milliseconds = 0;
  try {
    await withinLimit(client.run(check.name, rig.target));
    milliseconds = performance.now() - started;
    await watch.expect(check, patience);
  } catch (error) {
    milliseconds ||= performance.now() - started;
    failure = describe(error);
  }
  return { client, check: check.name, milliseconds, failure };
}

async function withinLimit(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const late = (): void => {
      reject(new Error(`not done after ${CHECK_LIMIT_MS} ms`));
    };
    timer = setTimeout(late, CHECK_LIMIT_MS);
  });
  await Promise.race([run, limit]).finally(() => {
    clearTimeout(timer);
  });
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` (${describe(error.cause)})`;
  return `${error.name}: ${error.message}${cause}`;
}
