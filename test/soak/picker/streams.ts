import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../support/arbitrary-json.js';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { inParallel, waitFor } from '../phases/pool.js';
import { type Phase, type PhaseContext, type PhaseResult, scaled } from '../phases/phase.js';
import { atMost, none } from '../report/figure.js';
import { Subject, type Program } from '../subject/subject.js';
import { STREAM_KINDS } from './stream-kinds.js';

const TANDEM = fileURLToPath(new URL('../../../bin/tandem', import.meta.url));
const STREAMS = 20_000;
const AT_A_TIME = 64;
/** Of frames for streams that were left, HTTP/2 of Node takes only so many a connection. */
const A_CONNECTION = 500;
const HOSTS = [1, 2, 3].map((last) => `127.0.0.${last}:8000`);
/** Requests that show how many each host is thought to have: all alike, unless some were never ended. */
const PROBES = 10 * HOSTS.length;
const MOST_PROBLEMS = 20;
const MIB = 1024 * 1024;

/** Tandem's picker before hosts that nobody asks: it only says where requests would go. */
export function picker(): Program {
  const flags = [
    ...['--bind-address=127.0.0.1', '--port={port}', '--metrics-port={metrics}'],
    ...[`--static-hosts=${HOSTS.join(',')}`, '--routing-logic=least_outstanding_requests'],
  ];
  return { name: 'tandem', command: [TANDEM, 'picker', ...flags], tandem: true };
}

/** Streams of all kinds, many of them broken; then nothing may be counted any more. */
export const STREAMS_PHASE: Phase = {
  name: 'streams',
  title: 'streams of ext_proc that break and leave',
  run: async (context) => {
    const subject = await Subject.start(picker(), 0);
    try {
      return await storm(context, subject);
    } finally {
      await subject.stop();
    }
  },
};

async function storm({ scale, seed }: PhaseContext, subject: Subject): Promise<PhaseResult> {
  const random = seededRandom(seed);
  const problems: string[] = [];
  let wrong = 0;
  const run = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= A_CONNECTION) await few(Math.min(left, A_CONNECTION));
  };
  const few = async (count: number): Promise<void> => {
    const client = await ExtProcClient.connect(subject.port);
    await inParallel(count, AT_A_TIME, async () => {
      const kinds = Object.entries(STREAM_KINDS);
      const [name, play] = kinds[random() < 0.4 ? 0 : Math.floor(random() * kinds.length)]!;
      const problem = await play({ client, random }).catch(String);
      if (problem === undefined) return;
      if (++wrong <= MOST_PROBLEMS) problems.push(`${name}: ${problem}`);
    });
    await client.close();
  };
  // What is made once is there before anything is compared.
  await run(Math.round(scaled(STREAMS, scale) / 10));
  await settled(subject);
  const before = { heap: await subject.heap(), fds: subject.fds().length };
  await run(scaled(STREAMS, scale));
  await settled(subject);
  const after = { heap: await subject.heap(), fds: subject.fds().length };
  return {
    figures: [
      none('streams that went otherwise', wrong),
      none('requests still running', await sum(subject, 'llm_d_epp_request_running')),
      none('streams still open', await sum(subject, 'llm_d_epp_extproc_streams_inflight')),
      none('requests that hosts still count, at least', await unevenness(subject)),
      atMost(8, 'heap after gc: growth', (after.heap - before.heap) / MIB, 'MiB'),
      atMost(0, 'descriptors: growth', after.fds - before.fds),
      none('errors in its log', subject.defects().length),
    ],
    problems,
  };
}

async function settled(subject: Subject): Promise<void> {
  const names = ['llm_d_epp_request_running', 'llm_d_epp_extproc_streams_inflight'];
  await waitFor(async () => {
    const sums = await Promise.all(names.map((name) => sum(subject, name)));
    return sums.every((value) => value === 0);
  }, 10_000);
}

async function sum(subject: Subject, name: string): Promise<number> {
  return Object.values(await subject.metric(name)).reduce((total, value) => total + value, 0);
}

/** @returns by how many open requests hosts differ when each new one went to the one that has fewest */
async function unevenness({ port }: Subject): Promise<number> {
  const client = await ExtProcClient.connect(port);
  const counts = new Map(HOSTS.map((host) => [host, 0]));
  for (let i = 0; i < PROBES; i++) {
    const { endpoint = '' } = await playRequest(client.stream(), {});
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  }
  await client.close();
  return Math.max(...counts.values()) - Math.min(...counts.values());
}
