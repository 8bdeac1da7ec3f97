import { seededRandom } from '../../support/arbitrary-json.js';
import { pause } from '../../bench/wire/clock.js';
import { type Figure, none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { type Answer, Client } from '../wire/client.js';
import { Engine, type EngineCall } from '../wire/engine.js';
import {
  answerHead,
  jsonAnswer,
  prefillAnswer,
  prefillAt,
  requestBytes,
} from '../wire/messages.js';
import { inParallel, waitFor } from './pool.js';
import { type Phase, type PhaseContext, scaled } from './phase.js';

const REQUESTS = 10_000;
const AT_A_TIME = 32;
const PREFILLERS = 4;
const COOLDOWN_MS = 100;
/** A prefiller is well and ill in turns of this length. */
const TURN_MS = 300;
const LEAVE_SHARE = 0.2;
const FLAGS = [
  '--breaker-threshold=3',
  `--breaker-cooldown=${COOLDOWN_MS}ms`,
  '--prefill-max-retries=1',
  '--retry-backoff=5ms',
];
/** What clients may be told: done, refused by the prefiller, or why not. */
const STATUSES = [200, 400, 502, 503, 504];

/** Prefillers that fall ill and recover, and clients that leave, probes included. */
export const BREAKER: Phase = {
  name: 'breaker',
  title: 'circuit breakers',
  tandemOnly: true,
  run: async (context) => {
    const random = seededRandom(context.seed);
    let healthy = false;
    const prefillers: Engine[] = [];
    for (let i = 0; i < PREFILLERS; i++) {
      const onRequest = (call: EngineCall): void => {
        const turn = Math.floor(performance.now() / TURN_MS + i / 2);
        answer(call, healthy || turn % 2 === 0 ? 'well' : random());
      };
      prefillers.push(await Engine.listen({ onRequest }));
    }
    const decoder = await Engine.listen({
      onRequest: (call) => call.finish(jsonAnswer(200, '{}')),
    });
    const subject = await Subject.start(context.program(FLAGS), decoder.port);
    try {
      const run = new BreakerRun(subject, prefillers, random);
      await run.load(context);
      healthy = true;
      return { figures: await run.figures(), problems: run.problems };
    } finally {
      await subject.stop();
      for (const engine of [...prefillers, decoder]) engine.close();
    }
  },
};

class BreakerRun {
  readonly problems: string[] = [];
  private readonly statuses: Record<string, number> = {};
  private silent = 0;
  private unexpected = 0;
  private inconsistent = 0;
  private readonly subject: Subject;
  private readonly prefillers: readonly Engine[];
  private readonly random: () => number;

  constructor(subject: Subject, prefillers: readonly Engine[], random: () => number) {
    this.subject = subject;
    this.prefillers = prefillers;
    this.random = random;
  }

  async load({ scale }: PhaseContext): Promise<void> {
    const clients = Array.from({ length: AT_A_TIME }, () => new Client(this.subject));
    let running = true;
    const sampling = (async () => {
      while (running) {
        const { open, half, closed } = await this.states();
        if (open + half + closed > PREFILLERS) this.inconsistent++;
        await pause(100);
      }
    })();
    await inParallel(scaled(REQUESTS, scale, 500), AT_A_TIME, async (number, worker) => {
      const client = clients[worker]!;
      const leaves = this.random() < LEAVE_SHARE;
      const sent = this.send(client, `breaker-${number}`, Math.floor(this.random() * PREFILLERS));
      if (leaves) setTimeout(() => client.leave(), this.random() * 30);
      this.note(await sent);
      if (!leaves) return;
      await pause(30);
    });
    for (const client of clients) client.leave();
    running = false;
    await sampling;
  }

  async figures(): Promise<Figure[]> {
    await pause(2 * COOLDOWN_MS);
    let stuck = 0;
    for (let i = 0; i < PREFILLERS; i++) {
      const client = new Client(this.subject);
      const { status } = await this.send(client, `probe-${i}`, i);
      client.leave();
      if (status !== 200) stuck++;
    }
    const inFlight = async (): Promise<number> =>
      (await this.subject.metric('sidecar_in_flight_requests'))[''] ?? NaN;
    await waitFor(async () => (await inFlight()) === 0, 2000);
    const { open, half, closed } = await this.states();
    const outcomes = Object.entries(this.statuses).map(([status, count]) =>
      told(`requests that ended with ${status}`, count),
    );
    return [
      ...outcomes.sort((a, b) => a.label.localeCompare(b.label)),
      none('other statuses', this.unexpected),
      none('503 without Retry-After while breakers are open', this.silent),
      none('in flight afterwards', await inFlight()),
      none('prefillers that stay shut though they are well', stuck),
      none('breakers that are open or half open in the end', open + half),
      none('breakers missing from the gauge', PREFILLERS - closed - open - half),
      none('moments with more breakers than prefillers', this.inconsistent),
      none('errors in its log', this.subject.defects().length),
    ];
  }

  private note({ status, end, head }: Answer): void {
    const key = end === 'whole' ? String(status) : end;
    this.statuses[key] = (this.statuses[key] ?? 0) + 1;
    if (end === 'left') return;
    if (end === 'cut' || !STATUSES.includes(status)) this.unexpected++;
    if (status === 503 && !/\r\nretry-after: *\d/i.test(head)) this.silent++;
  }

  private send(client: Client, id: string, prefiller: number): Promise<Answer> {
    const lines = [prefillAt(this.prefillers[prefiller]!.port)];
    const body = Buffer.from('{"model":"soak","messages":[]}');
    return client.request(requestBytes({ path: '/v1/chat/completions', id, lines, body }));
  }

  private async states(): Promise<{ open: number; half: number; closed: number }> {
    const states = await this.subject.metric('sidecar_circuit_breaker_state');
    const of = (state: string): number => states[`{state="${state}"}`] ?? NaN;
    return { open: of('open'), half: of('half_open'), closed: of('closed') };
  }
}

function answer(call: EngineCall, state: 'well' | number): void {
  if (state === 'well') return call.finish(prefillAnswer(call.id));
  if (state < 0.35) return call.cut('rst');
  if (state < 0.5) return call.finish(jsonAnswer(500, '{}'));
  if (state < 0.6) return call.finish(jsonAnswer(503, '{}', ['retry-after: 0']));
  if (state < 0.7) return call.finish(jsonAnswer(400, '{}'));
  if (state < 0.8) {
    call.write(answerHead(200, 'application/json', 100) + '{');
    return void setTimeout(() => call.cut('fin'), 5);
  }
  // Slow: clients leave meanwhile.
  setTimeout(() => {
    if (!call.settled) call.cut('rst');
  }, 50);
}
