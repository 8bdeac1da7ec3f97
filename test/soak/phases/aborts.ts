import { pause } from '../../bench/wire/clock.js';
import { AbortEngines, type AbortKind, type Leaver } from '../aborts/engines.js';
import { leaveHeldUploads } from '../aborts/held-uploads.js';
import { atMost, type Figure, none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { Client } from '../wire/client.js';
import type { Ending } from '../wire/engine.js';
import { prefillAt, requestBytes } from '../wire/messages.js';
import { inParallel, waitFor } from './pool.js';
import { type Phase, type PhaseContext, type PhaseResult, scaled } from './phase.js';

const ABORTS = 2000;
const AT_A_TIME = 32;
const SEEN_MS = 1000;
const BACKOFF_MS = 300;
/** Far fewer prefills fail in a row, and far more clients leave while they wait for one. */
const BREAKER = 100;
const FLAGS = [`--retry-backoff=${BACKOFF_MS}ms`, `--breaker-threshold=${BREAKER}`];

/** The kinds in turn; `tandem` ones need a prefiller. */
const KINDS: readonly { kind: AbortKind; tandem?: boolean; tls?: boolean }[] = [
  { kind: 'headers' },
  { kind: 'upload' },
  { kind: 'upload to be prefilled', tandem: true },
  { kind: 'prefill', tandem: true },
  { kind: 'back-off', tandem: true },
  { kind: 'decode' },
  { kind: 'stream' },
  { kind: 'stream', tandem: true, tls: true },
];

/** Clients that go away at every point of a request. */
export const ABORTS_PHASE: Phase = {
  name: 'aborts',
  title: 'clients that leave',
  run: async (context) => {
    const engines = await AbortEngines.listen();
    const { port } = engines.decoder;
    const subjects = [await Subject.start(context.program(FLAGS), port)];
    try {
      if (context.tandem)
        subjects.push(
          await Subject.start(context.program([...FLAGS, '--secure-proxy=true']), port),
        );
      return await leaveAll(context, engines, subjects);
    } finally {
      await Promise.all(subjects.map((subject) => subject.stop()));
      engines.close();
    }
  },
};

async function leaveAll(
  { scale, tandem }: PhaseContext,
  engines: AbortEngines,
  subjects: readonly Subject[],
): Promise<PhaseResult> {
  const [plain] = subjects as [Subject];
  const kinds = KINDS.filter((one) => tandem || !one.tandem);
  const before = plain.fds();
  await inParallel(scaled(ABORTS, scale, 80), AT_A_TIME, async (number) => {
    const { kind, tls } = kinds[number % kinds.length]!;
    const leaver = engines.expect(`leave-${number}`, kind);
    await leave(new Client(tls ? subjects[1]! : plain), leaver, engines, {
      number,
      prefills: tandem,
    });
  });
  await pause(2 * BACKOFF_MS);
  const figures = kinds
    .filter(({ tls }) => !tls)
    .flatMap(({ kind }) => engines.delays(kind, SEEN_MS));
  if (!tandem) return { figures, problems: engines.problems };
  const held = await leaveHeldUploads(SEEN_MS);
  return {
    figures: [...figures, held, ...(await afterwards(engines, subjects, before))],
    problems: engines.problems,
  };
}

async function afterwards(
  engines: AbortEngines,
  subjects: readonly Subject[],
  before: readonly string[],
): Promise<Figure[]> {
  const [plain] = subjects as [Subject];
  const inFlight = async (): Promise<number> =>
    (await plain.metric('sidecar_in_flight_requests'))[''] ?? NaN;
  await waitFor(async () => (await inFlight()) === 0, 3000);
  const good = await engines.goodRequest(plain);
  await waitFor(() => plain.fds().length <= before.length, 12_000);
  const after = plain.fds();
  if (after.length > before.length) {
    const extra = [...new Set(after)].map(
      (kind) => `${kind}: ${times(before, kind)} -> ${times(after, kind)}`,
    );
    engines.problems.push(`descriptors: ${extra.join(', ')}`);
  }
  const states = await plain.metric('sidecar_circuit_breaker_state');
  const open = (states['{state="open"}'] ?? 0) + (states['{state="half_open"}'] ?? 0);
  return [
    none('prefills begun after the client had left', engines.attemptsAfterLeave),
    none('in flight afterwards', await inFlight()),
    none('breakers that opened', open),
    told('status of a good request afterwards', good),
    atMost(0, 'descriptors: growth', after.length - before.length),
    none('errors in its log', subjects.flatMap((subject) => subject.defects()).length),
  ];
}

function times(list: readonly string[], kind: string): number {
  return list.filter((one) => one === kind).length;
}

async function leave(
  client: Client,
  leaver: Leaver,
  engines: AbortEngines,
  { number, prefills }: { number: number; prefills: boolean },
): Promise<void> {
  const { kind, id } = leaver;
  const disaggregated = ['upload to be prefilled', 'prefill', 'back-off'].includes(kind);
  const prefiller = kind === 'back-off' ? engines.failing.port : engines.prefiller.port;
  const lines =
    disaggregated || (kind === 'stream' && prefills && number % 3 === 0)
      ? [prefillAt(prefiller)]
      : [];
  const path = '/v1/chat/completions';
  const body = Buffer.from(
    `{"model":"soak","stream":true,"messages":[],"pad":"${'x'.repeat(900)}"}`,
  );
  const bytes = requestBytes({ path, id, lines, body });
  const ending: Ending = number % 2 === 0 ? 'fin' : 'rst';
  const part =
    kind === 'headers' ? 60 : kind.startsWith('upload') ? bytes.length - 300 : bytes.length;
  void client.request(bytes.subarray(0, part));
  await leaver.reached();
  await pause((number * 7) % 20);
  leaver.left();
  client.leave(ending);
  await leaver.gone(3 * SEEN_MS);
  if (kind === 'back-off') await engines.goodRequest(client.address, engines.failing);
  client.leave();
}
