import { pause } from '../../bench/wire/clock.js';
import { atLeast, none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { Client } from '../wire/client.js';
import { Engine, type Ending } from '../wire/engine.js';
import { jsonAnswer, prefillAnswer, prefillAt, requestBytes } from '../wire/messages.js';
import { inParallel } from './pool.js';
import { type Phase, type PhaseContext, type PhaseResult, scaled } from './phase.js';

const REQUESTS = 480;
const AT_A_TIME = 24;
const IDLE_MS = 300;
/** Requests come from this long before the engine closes to a little after, in ms. */
const WINDOW = { before: 14, after: 6 };

/** Requests at the very moment at which an engine closes the connections that idle. */
export const STALE: Phase = {
  name: 'stale',
  title: 'connections that the engine closes',
  run: async (context) => {
    const results = [await nearIdle(context, 'fin'), await nearIdle(context, 'rst')];
    return {
      figures: results.flatMap(({ figures }) => figures),
      problems: results.flatMap(({ problems }) => problems),
    };
  },
};

async function nearIdle(context: PhaseContext, ending: Ending): Promise<PhaseResult> {
  const idle = { ms: IDLE_MS, ending };
  const done = new Map<string, number>();
  let reused = 0;
  const prefiller = await Engine.listen(
    { onRequest: (call) => call.finish(prefillAnswer(call.id)) },
    idle,
  );
  const served = new WeakSet<object>();
  const decoder = await Engine.listen(
    {
      onRequest: (call) => {
        done.set(call.id, (done.get(call.id) ?? 0) + 1);
        if (served.has(call.socket)) reused++;
        served.add(call.socket);
        call.finish(jsonAnswer(200, `{"id":"${call.id}"}`));
      },
    },
    idle,
  );
  const subject = await Subject.start(context.program(), decoder.port);
  const problems: string[] = [];
  const name = ending.toUpperCase();
  const count = scaled(REQUESTS, context.scale, 96);
  try {
    const clients = Array.from({ length: AT_A_TIME }, () => new Client(subject));
    let errors = 0;
    let number = 0;
    await inParallel(AT_A_TIME, AT_A_TIME, async (worker) => {
      for (let i = 0; i < count / AT_A_TIME; i++) {
        const id = `${ending}-${number++}`;
        const answer = await clients[worker]!.request(
          requestBytes({
            path: '/v1/chat/completions',
            id,
            lines: context.tandem && number % 3 === 0 ? [prefillAt(prefiller.port)] : [],
            body: Buffer.from(`{"model":"soak","messages":[],"user":"${id}"}`),
            chunked: number % 4 === 0,
          }),
        );
        const good = answer.status === 200 && answer.body.toString().includes(`"${id}"`);
        if (!good) {
          errors++;
          if (problems.length < 5)
            problems.push(`${id}: ${answer.status || 'no head'}, ${answer.end}`);
        }
        await pause(IDLE_MS - WINDOW.before + ((number * 7) % (WINDOW.before + WINDOW.after)));
      }
    });
    for (const client of clients) client.leave();
    const twice = [...done].filter(([, times]) => times > 1).length;
    return {
      figures: [
        atLeast(count, `${name}: requests`, number),
        told(`${name}: on a connection that still held`, reused),
        none(`${name}: client errors`, errors),
        none(`${name}: not done by the engine, or twice`, number - done.size + twice),
      ],
      problems,
    };
  } finally {
    await subject.stop();
    prefiller.close();
    decoder.close();
  }
}
