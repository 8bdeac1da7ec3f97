import { parseArgs } from 'node:util';
import { POLICIES, policyNameOf } from '../../../src/policy/policies.js';
import { SHAPES } from './generate.js';
import type { PolicyUnderTest } from './simulate.js';

/** What one run simulates. */
export interface SimulateOptions {
  readonly help: boolean;
  readonly traces: readonly string[];
  readonly policies: readonly { readonly label: string; readonly policy: PolicyUnderTest }[];
  readonly workers: number;
  readonly routers: number;
  readonly seconds: number;
  /** One trace of each kind for each of them. */
  readonly seeds: number;
  readonly json?: string;
}

const NAMES = [...Object.keys(SHAPES), 'mixed'];

/** Text of `--help`. */
export const HELP = `Usage: npm run simulate:policies -- [OPTION ...]

Plays made-up traffic to engines with prefix caches, in virtual time, and says how well each policy did: how much of
the prompts the engines had cached, how evenly the work was spread, how long clients waited for the first token. The
policies are those of the router, as they are. One seed gives the same figures each time.

  --trace LIST     ${NAMES.join(', ')} (default all)
  --policy LIST    policies, each with options where they are not as usual, as in
                   cache_aware:balance-shared-threshold=64:cache-threshold=0.5 (default all policies)
  --workers N      engines (default 4)
  --routers N      routers that know nothing of each other, as several processes would be; each request comes to any
                   of them (default 1)
  --seconds N      of traffic (default 120)
  --seeds N        traces of a kind, whose medians are shown (default 3)
  --json FILE      where to keep the figures
  --help           this text
`;

/** Reads the arguments; throws an error with one line for the user when they are wrong. */
export function readOptions(args: string[]): SimulateOptions {
  const { values } = parseArgs({
    args,
    options: {
      trace: { type: 'string', default: NAMES.join(',') },
      policy: { type: 'string', default: POLICIES.map(({ name }) => name).join(',') },
      workers: { type: 'string', default: '4' },
      routers: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '120' },
      seeds: { type: 'string', default: '3' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const traces = values.trace.split(',');
  for (const trace of traces)
    if (!NAMES.includes(trace)) throw new Error(`--trace: no trace ${trace}`);
  return {
    help: values.help,
    traces,
    policies: values.policy.split(',').map((text) => ({ label: text, policy: readPolicy(text) })),
    workers: readCount('workers', values.workers),
    routers: readCount('routers', values.routers),
    seconds: readCount('seconds', values.seconds),
    seeds: readCount('seeds', values.seeds),
    ...(values.json === undefined ? {} : { json: values.json }),
  };
}

function readPolicy(text: string): PolicyUnderTest {
  const [spelled = '', ...given] = text.split(':');
  const name = policyNameOf(spelled);
  if (!name) throw new Error(`--policy: no policy ${spelled}`);
  const { defaults } = POLICIES.find((policy) => policy.name === name)!;
  const options = Object.fromEntries(
    given.map((option) => {
      const [flag = '', value = ''] = option.split('=');
      const key = flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      if (!Object.hasOwn(defaults, key)) throw new Error(`--policy: ${name} has no option ${flag}`);
      const number = Number(value);
      return [key, value === '' || Number.isNaN(number) ? value : number];
    }),
  );
  return { name, options };
}

function readCount(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${flag}: no count: ${text}`);
  return number;
}
