import { pause } from '../../bench/wire/clock.js';
import { percentile } from '../../bench/report/statistics.js';
import { atMost, type Figure, none, told } from '../report/figure.js';
import { type Address, Client } from '../wire/client.js';
import { Engine, type EngineCall } from '../wire/engine.js';
import {
  answerHead,
  chunkOf,
  jsonAnswer,
  prefillAnswer,
  prefillAt,
  requestBytes,
} from '../wire/messages.js';

/** Where a request is when its client leaves. */
export type AbortKind =
  'headers' | 'upload' | 'upload to be prefilled' | 'prefill' | 'back-off' | 'decode' | 'stream';

/** Kinds of which no engine hears before the client leaves. */
const UNHEARD: readonly AbortKind[] = ['headers', 'upload to be prefilled'];
const REACHED_WITHIN_MS = 5000;
/** An attempt that arrives so soon after the client left was begun before the sidecar could know. */
const ON_ITS_WAY_MS = 150;
const EVENT = chunkOf(Buffer.from('data: {"token":"x"}\n\n'));
const GOOD = 'good';

/** One client that is going to leave. */
export class Leaver {
  readonly id: string;
  readonly kind: AbortKind;
  /** Prefill attempts that came after it had left. */
  late = 0;
  attempts = 0;
  leftAt = 0;
  /** When an engine saw the end; NaN: never. */
  goneAt = NaN;
  private readonly arrival = Promise.withResolvers<void>();
  private readonly departure = Promise.withResolvers<void>();

  constructor(id: string, kind: AbortKind) {
    this.id = id;
    this.kind = kind;
  }

  /** An engine has the request, as far as it is to get. */
  arrive(): void {
    this.arrival.resolve();
  }

  /** An engine saw the end. */
  depart(): void {
    this.goneAt = performance.now();
    this.departure.resolve();
  }

  reached(): Promise<unknown> {
    if (UNHEARD.includes(this.kind)) return pause(5);
    return Promise.race([this.arrival.promise, pause(REACHED_WITHIN_MS)]);
  }

  left(): void {
    this.leftAt = performance.now();
  }

  gone(within: number): Promise<unknown> {
    if (UNHEARD.includes(this.kind) || this.kind === 'back-off') return Promise.resolve();
    return Promise.race([this.departure.promise, pause(within)]);
  }
}

/** Engines that hold every request of a client that is to leave. */
export class AbortEngines {
  prefiller!: Engine;
  /** Breaks off every prefill of such a client. */
  failing!: Engine;
  decoder!: Engine;
  readonly problems: string[] = [];
  private readonly leavers = new Map<string, Leaver>();

  static async listen(): Promise<AbortEngines> {
    const engines = new AbortEngines();
    const hold = (call: EngineCall): void => engines.hold(call);
    const onGone = (call: EngineCall): void => engines.leavers.get(call.id)?.depart();
    engines.prefiller = await Engine.listen({
      onRequest: (call) => {
        const kind = engines.leavers.get(call.id)?.kind;
        if (kind === 'prefill') hold(call);
        else call.finish(prefillAnswer(call.id));
      },
      onGone,
    });
    engines.failing = await Engine.listen({ onRequest: (call) => engines.fail(call) });
    engines.decoder = await Engine.listen({
      onHead: (call) => {
        if (engines.leavers.get(call.id)?.kind === 'upload') hold(call);
      },
      onRequest: (call) => engines.decode(call),
      onGone,
    });
    return engines;
  }

  close(): void {
    for (const engine of [this.prefiller, this.failing, this.decoder]) engine.close();
  }

  expect(id: string, kind: AbortKind): Leaver {
    const leaver = new Leaver(id, kind);
    this.leavers.set(id, leaver);
    return leaver;
  }

  get attemptsAfterLeave(): number {
    return [...this.leavers.values()].reduce((sum, { late }) => sum + late, 0);
  }

  /** How long it took until an engine saw that clients of a kind had left. */
  delays(kind: AbortKind, limit: number): Figure[] {
    const all = [...this.leavers.values()].filter((leaver) => leaver.kind === kind);
    const count = told(`${kind}: clients`, all.length);
    if (UNHEARD.includes(kind) || kind === 'back-off') return [count];
    const delays = all.map(({ goneAt, leftAt }) => goneAt - leftAt);
    const seen = delays.filter((delay) => !Number.isNaN(delay)).sort((a, b) => a - b);
    for (const { id, goneAt } of all)
      if (Number.isNaN(goneAt) && this.problems.length < 10)
        this.problems.push(`${id} (${kind}): never seen`);
    return [
      count,
      none(`${kind}: not seen by the engine`, delays.length - seen.length),
      told(`${kind}: seen after, p50`, percentile(seen, 0.5), 'ms'),
      atMost(limit, `${kind}: seen after, at most`, seen.at(-1) ?? NaN, 'ms'),
    ];
  }

  /** @returns the status of a request whose client stays */
  async goodRequest(address: Address, prefiller = this.prefiller): Promise<number> {
    const client = new Client(address);
    const lines = [prefillAt(prefiller.port)];
    const body = Buffer.from('{"model":"soak","messages":[]}');
    const answer = await client.request(
      requestBytes({ path: '/v1/chat/completions', id: GOOD, lines, body }),
    );
    client.leave();
    return answer.status;
  }

  private hold(call: EngineCall): void {
    this.leavers.get(call.id)?.arrive();
  }

  private fail(call: EngineCall): void {
    const leaver = this.leavers.get(call.id);
    if (!leaver) return call.finish(prefillAnswer(call.id));
    leaver.attempts++;
    const after = leaver.leftAt > 0 ? performance.now() - leaver.leftAt : 0;
    if (after > ON_ITS_WAY_MS) {
      leaver.late++;
      this.problems.push(`${call.id}: attempt ${leaver.attempts}, ${Math.round(after)} ms after`);
    }
    call.cut('rst');
    leaver.arrive();
  }

  private decode(call: EngineCall): void {
    const leaver = this.leavers.get(call.id);
    if (!leaver) return call.finish(jsonAnswer(200, '{}'));
    if (leaver.kind === 'stream') {
      call.write(answerHead(200, 'text/event-stream', undefined));
      const timer = setInterval(() => call.write(EVENT), 10);
      call.socket.once('close', () => clearInterval(timer));
      call.write(EVENT);
    }
    leaver.arrive();
  }
}
