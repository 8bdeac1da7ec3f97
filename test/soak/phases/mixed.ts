import { seededRandom } from '../../support/arbitrary-json.js';
import { pause } from '../../bench/wire/clock.js';
import { MixedEngines } from '../mixed/engines.js';
import { Ledger, WRONGS } from '../mixed/ledger.js';
import { makePlan } from '../mixed/plan.js';
import { MixedWorker } from '../mixed/worker.js';
import { atLeast, atMost, type Figure, none, told } from '../report/figure.js';
import { ResourceWatch } from '../subject/resource-watch.js';
import { Subject } from '../subject/subject.js';
import type { Phase, PhaseContext, PhaseResult } from './phase.js';

/** Requests after which memory counts as what a warm process holds. */
const WARM_REQUESTS = 20_000;
const REQUESTS = 150_000;
/** One client in so many speaks TLS. */
const TLS_EVERY = 8;
const RSS_MIB = 256;
const HEAP_MIB = 10;
const LOG_LINE = 400;
const LEAVE_MS = 1000;
const FLAGS = ['--retry-backoff=10ms', '--breaker-threshold=0'];

/** Good and broken requests of all kinds at once. */
export const MIXED: Phase = {
  name: 'mixed',
  title: 'requests with faults',
  run: async (context) => {
    const ledger = new Ledger();
    const engines = new MixedEngines(ledger);
    await engines.listen();
    const subjects: Subject[] = [];
    const watch = new ResourceWatch(subjects);
    try {
      const { port } = engines.decoder;
      subjects.push(await Subject.start(context.program(FLAGS), port));
      if (context.tandem)
        subjects.push(
          await Subject.start(context.program([...FLAGS, '--secure-proxy=true']), port),
        );
      return await soak(context, ledger, engines, watch);
    } finally {
      watch.stop();
      await Promise.all(subjects.map((subject) => subject.stop()));
      engines.close();
    }
  },
};

async function soak(
  context: PhaseContext,
  ledger: Ledger,
  engines: MixedEngines,
  watch: ResourceWatch,
): Promise<PhaseResult> {
  const { tandem, scale } = context;
  const { subjects } = watch;
  const setup = { ledger, tandem, prefiller: engines.prefiller.port };
  const random = seededRandom(context.seed);
  const run = `soak-${context.seed.toString(16)}`;
  let number = 0;
  const drive = async (until: () => boolean): Promise<void> => {
    const workers = Array.from({ length: scale.concurrency }, async (_, i) => {
      const address = (i % TLS_EVERY === TLS_EVERY - 1 && subjects[1]) || subjects[0]!;
      const worker = new MixedWorker(address, setup);
      while (!until() && !address.hasEnded)
        await worker.run(makePlan(`${run}-${++number}`, random, tandem));
      worker.close();
    });
    await Promise.all(workers);
  };

  const started = performance.now();
  const warm = Math.min(WARM_REQUESTS, (REQUESTS * scale.share) / 4);
  await drive(() => ledger.finished >= warm);
  const loaded = performance.now() - started;
  await watch.rest();
  const before = await watch.mark();
  const again = performance.now();
  await drive(() => performance.now() - again > scale.seconds * 1000 - loaded);
  const seconds = (loaded + performance.now() - again) / 1000;
  await watch.rest();
  const after = await watch.mark();

  const resources = after.flatMap((end, i) => watch.compare(i, before[i]!, end, HEAP_MIB));
  const peak = atMost(RSS_MIB, 'resident memory, highest', watch.peakMiB, 'MiB');
  const defects = subjects.flatMap((subject) => (tandem ? subject.defects() : []));
  return {
    figures: [
      ...load(ledger, seconds, scale.share),
      ...WRONGS.map((wrong) => none(wrong, ledger.wrongs[wrong])),
      atMost(LEAVE_MS, "a client's leaving reaches the engine", ledger.slowestLeave, 'ms'),
      ...(tandem
        ? [...resources, peak, none('in flight afterwards', await inFlight(subjects))]
        : [told(peak.label, peak.value, 'MiB')]),
      none('ended by itself', subjects.filter(({ hasEnded }) => hasEnded).length),
      none('errors in its log', defects.length),
    ],
    problems: [
      ...[...ledger.samples, ...ledger.slowLeaves].map((sample) => withLog(sample, subjects)),
      ...defects.slice(0, 5),
      ...watch.notes,
    ],
  };
}

function load({ finished, faults }: Ledger, seconds: number, share: number): Figure[] {
  const good = (faults['none'] ?? 0) + (faults['slow'] ?? 0);
  return [
    told(`requests (${Math.round(REQUESTS * share)} wanted)`, finished),
    told('requests a second', finished / seconds, '/s'),
    atLeast(25, 'faulted', (100 * (finished - good)) / Math.max(1, finished), '%'),
  ];
}

/** A sample with what the program logged of its request. */
function withLog(sample: string, subjects: readonly Subject[]): string {
  const id = /soak-[0-9a-f]+-\d+/.exec(sample)?.[0] ?? '-';
  const lines = subjects.flatMap((subject) =>
    subject.logOf(id).map((line) => line.slice(0, LOG_LINE)),
  );
  return [sample, ...lines].join('\n    ');
}

async function inFlight(subjects: readonly Subject[]): Promise<number> {
  await pause(100);
  const values = await Promise.all(
    subjects.map((subject) => subject.metric('sidecar_in_flight_requests')),
  );
  return values.reduce((sum, value) => sum + (value[''] ?? NaN), 0);
}
