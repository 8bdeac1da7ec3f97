import { none, told } from '../report/figure.js';
import { Subject } from '../subject/subject.js';
import { type Answer, Client } from '../wire/client.js';
import { Engine, type EngineCall, type Ending } from '../wire/engine.js';
import { Http2Client } from '../wire/http2-client.js';
import { answerHead, prefillAnswer, prefillAt, requestBytes } from '../wire/messages.js';
import { inParallel } from './pool.js';
import { type Phase, type PhaseContext, type PhaseResult, scaled } from './phase.js';

const ABORTS = 2000;
const AT_A_TIME = 16;
const BEFORE_CUT_MS = 5;
const EVENT = 'data: {"token":"a word"}\n\n';
const JSON_BODY = `{"choices":[{"message":{"content":"${'a word '.repeat(40)}"}}]}`;

/** What the decoder sends before it goes away, by how its answer is framed. */
const CUTS = {
  'content-length': [0.01, 0.5, 0.99].map(
    (share) =>
      answerHead(200, 'text/plain', JSON_BODY.length) +
      JSON_BODY.slice(0, Math.floor(JSON_BODY.length * share)),
  ),
  chunked: ['', '1', '40\r\nabc', '3\r\nabc\r\n', '3\r\nabc\r\n0\r\n'].map(
    (tail) => answerHead(200, 'text/plain', undefined) + chunk(JSON_BODY) + tail,
  ),
  events: ['', chunk('data: {"tok'), '2a\r\ndata', `${chunk('data: [DONE]\n\n')}0\r\n`].map(
    (tail) => answerHead(200, 'text/event-stream', undefined) + chunk(EVENT) + chunk(EVENT) + tail,
  ),
} as const;

type Framing = keyof typeof CUTS;

const FRAMINGS = Object.keys(CUTS) as Framing[];
const FRONTS = ['plain', 'TLS', 'HTTP/2'] as const;

/** A decoder that goes away in the middle of an answer must never look as if it were at its end. */
export const TRUNCATION: Phase = {
  name: 'truncation',
  title: 'answers broken off by the decoder',
  run: async (context) => {
    const prefiller = await Engine.listen({
      onRequest: (call) => call.finish(prefillAnswer(call.id)),
    });
    const decoder = await Engine.listen({ onRequest: cutOff });
    const subjects = [await Subject.start(context.program(), decoder.port)];
    try {
      if (context.tandem)
        subjects.push(await Subject.start(context.program(['--secure-proxy=true']), decoder.port));
      return await breakOff(context, subjects, prefiller.port);
    } finally {
      await Promise.all(subjects.map((subject) => subject.stop()));
      prefiller.close();
      decoder.close();
    }
  },
};

async function breakOff(
  { scale, tandem }: PhaseContext,
  subjects: readonly Subject[],
  prefiller: number,
): Promise<PhaseResult> {
  const [plain, secure] = subjects as [Subject, Subject | undefined];
  const clean: Record<string, number> = {};
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const http2 = secure && new Http2Client(secure.port);
  const clients = Array.from({ length: AT_A_TIME }, () => [
    new Client(plain),
    new Client(secure ?? plain),
  ]);
  await inParallel(scaled(ABORTS, scale, 90), AT_A_TIME, async (number, worker) => {
    const framing = FRAMINGS[number % FRAMINGS.length]!;
    const front = FRONTS[secure ? Math.floor(number / FRAMINGS.length) % FRONTS.length : 0]!;
    const ending: Ending = number % 2 === 0 ? 'fin' : 'rst';
    const id = `${framing}.${number}.${ending}`;
    const lines = tandem && number % 5 < 2 ? [prefillAt(prefiller)] : [];
    const body = Buffer.from('{"model":"soak","stream":true,"messages":[]}');
    const path = '/v1/chat/completions';
    const answer: Answer = await (front === 'HTTP/2'
      ? http2!.request(path, [...lines, `x-request-id: ${id}`], body)
      : clients[worker]![front === 'TLS' ? 1 : 0]!.request(
          requestBytes({ path, id, lines, body }),
        ));
    const kind = `${framing}, ${front}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
    clean[kind] ??= 0;
    if (answer.end !== 'whole' || answer.status !== 200) return;
    clean[kind]++;
    if (problems.length < 10)
      problems.push(`${id} over ${front}: ${answer.body.length} bytes, then its end`);
  });
  for (const client of clients.flat()) client.leave();
  http2?.close();
  const defects = tandem ? subjects.flatMap((subject) => subject.defects()) : [];
  return {
    figures: [
      told(
        'answers broken off',
        Object.values(counts).reduce((sum, one) => sum + one, 0),
      ),
      ...Object.entries(clean).map(([kind, ends]) => none(`${kind}: clean ends`, ends)),
      none('ended by itself', subjects.filter(({ hasEnded }) => hasEnded).length),
      none('errors in its log', defects.length),
    ],
    problems: [...problems, ...defects.slice(0, 5)],
  };
}

function cutOff(call: EngineCall): void {
  const [framing, number, ending] = call.id.split('.') as [Framing, string, Ending];
  const cuts = CUTS[framing];
  call.write(cuts[Math.floor(Number(number) / 18) % cuts.length]!);
  setTimeout(() => call.cut(ending), BEFORE_CUT_MS);
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
