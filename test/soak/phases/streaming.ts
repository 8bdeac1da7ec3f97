import { percentile } from '../../bench/report/statistics.js';
import { pause } from '../../bench/wire/clock.js';
import { atMost, none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { type Address, Client } from '../wire/client.js';
import { Engine, type EngineCall } from '../wire/engine.js';
import { answerHead, chunkOf, prefillAnswer, prefillAt, requestBytes } from '../wire/messages.js';
import { inParallel } from './pool.js';
import { type Phase, scaled } from './phase.js';

const EVENTS = 10_000;
const EVENTS_A_STREAM = 50;
const STREAMS_AT_A_TIME = 40;
const INTERVAL_MS = 20;
const P99_MS = 10;
const QUICK_P99_MS = 50;
/** The engine waits this long for the client to see the first event before it writes the second. */
const FIRST_WITHIN_MS = 2000;

/** Events must pass one by one, at once. */
export const STREAMING: Phase = {
  name: 'streaming',
  title: 'streams of events',
  run: async ({ program, scale, tandem }) => {
    const clock = new EventClock();
    const prefiller = await Engine.listen({
      onRequest: (call) => call.finish(prefillAnswer(call.id)),
    });
    const decoder = await Engine.listen({ onRequest: (call) => void clock.stream(call) });
    const subject = await Subject.start(program(), decoder.port);
    try {
      const streams = scaled(EVENTS, scale, 1000) / EVENTS_A_STREAM;
      const direct = await readAll(clock, decoder, streams, []);
      const lines = tandem ? [[prefillAt(prefiller.port)], []] : [[]];
      const through = await readAll(clock, subject, streams, lines);
      return {
        figures: [
          told('events', through.length),
          told('delay without a proxy, p50', percentile(direct, 0.5), 'ms'),
          told('delay without a proxy, p99', percentile(direct, 0.99), 'ms'),
          told('delay, p50', percentile(through, 0.5), 'ms'),
          told('delay, p99', percentile(through, 0.99), 'ms'),
          atMost(
            // A second's worth of a run says little on a busy machine.
            scale.share < 1 ? QUICK_P99_MS : P99_MS,
            'added delay, p99',
            percentile(through, 0.99) - percentile(direct, 0.99),
            'ms',
          ),
          none('first events that waited for the second', clock.late),
          none('events that did not arrive', streams * EVENTS_A_STREAM - through.length),
        ],
        problems: [],
      };
    } finally {
      await subject.stop();
      prefiller.close();
      decoder.close();
    }
  },
};

/** Delays of all events, ascending. */
async function readAll(
  clock: EventClock,
  address: Address,
  streams: number,
  routes: readonly string[][],
): Promise<number[]> {
  const delays: number[] = [];
  await inParallel(streams, STREAMS_AT_A_TIME, async (number) => {
    const id = `stream-${clock.next++}`;
    const client = new Client(address);
    let text = '';
    const onData = (bytes: Buffer): void => {
      const now = performance.now();
      text += bytes.toString('latin1');
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const sent = Number(/"at":([\d.]+)/.exec(event)?.[1]);
        if (!Number.isNaN(sent)) delays.push(now - sent);
      }
      clock.seen(id);
    };
    const body = Buffer.from('{"model":"soak","stream":true,"messages":[]}');
    const lines = routes[number % routes.length] ?? [];
    await pause((number * 7) % INTERVAL_MS);
    await client.request(requestBytes({ path: '/v1/chat/completions', id, lines, body }), {
      onData,
    });
    client.leave();
  });
  return delays.sort((a, b) => a - b);
}

/** Writes events that say when; engine and clients live in one process, with one clock. */
class EventClock {
  next = 0;
  /** Streams whose first event did not arrive before the second one was due. */
  late = 0;
  private readonly waiting = new Map<string, () => void>();

  seen(id: string): void {
    this.waiting.get(id)?.();
    this.waiting.delete(id);
  }

  async stream(call: EngineCall): Promise<void> {
    const first = new Promise<true>((resolve) => this.waiting.set(call.id, () => resolve(true)));
    call.write(answerHead(200, 'text/event-stream', undefined));
    call.write(event(0));
    if (!(await Promise.race([first, pause(FIRST_WITHIN_MS)]))) this.late++;
    for (let i = 1; i < EVENTS_A_STREAM; i++) {
      await pause(INTERVAL_MS);
      call.write(event(i));
    }
    call.finish(
      Buffer.concat([chunkOf(Buffer.from('data: [DONE]\n\n')), Buffer.from('0\r\n\r\n')]),
    );
  }
}

function event(number: number): Buffer {
  return chunkOf(Buffer.from(`data: {"n":${number},"at":${performance.now()}}\n\n`));
}
