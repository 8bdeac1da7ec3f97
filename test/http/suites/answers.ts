import type { AnswerCase } from '../cases/answer-case.js';
import { answerCases } from '../cases/answers.js';
import { RawConnection } from '../client/raw-connection.js';
import { play } from '../engine/play.js';
import { plainAnswer, RecordingEngine, type Responder } from '../engine/recording-engine.js';
import type { Judgement } from '../judge.js';
import { probe } from '../run-case.js';
import { fieldOf, readAnswers, type AnswerReading } from '../wire/answer-reader.js';
import { valuesOf } from '../wire/request-reader.js';
import { probePrefilled, prefilledRequest, prefillAnswer } from './prefilled.js';
import type { CaseResult, Rig, Suite } from './suite.js';

const PATIENCE_MS = 4_000;
/** How long, in ms, after the last byte another client asks: as fast as it can, and later. */
const AFTERMATH_MS = [0, 15];

const BODY = 'the whole answer';
const PREFILL_BODY = '{"kv_transfer_params":{"remote_engine_id":"the whole answer"}}';

let counter = 0;

/** What engines may answer with, in the place of the decoder. */
export const DECODER_ANSWERS: Suite = {
  name: 'answers',
  async *run(rig) {
    for (const testCase of answerCases(BODY, rig.quick)) yield await runAnswerCase(rig, testCase);
  },
};

/** One case in the place of the decoder, and another client behind it. */
export async function runAnswerCase(rig: Rig, testCase: AnswerCase): Promise<CaseResult> {
  rig.engine.respond = scripted(testCase, plainAnswer);
  const ask = `${testCase.method ?? 'GET'} /case HTTP/1.1\r\nHost: x\r\nX-Scripted: 1\r\n\r\n`;
  return await judged(rig, testCase, ask, () => probe(rig.proxy.port, `p${counter++}`));
}

/** The same in the place of a prefiller. */
export const PREFILLER_ANSWERS: Suite = {
  name: 'prefill-answers',
  skipped: ({ sidecar }) => (sidecar ? undefined : 'it knows no prefillers'),
  async *run(rig) {
    const prefiller = await RecordingEngine.start();
    rig.engine.respond = (request, { socket }) => socket.write(plainAnswer(request), 'latin1');
    try {
      for (const testCase of answerCases(PREFILL_BODY, rig.quick)) {
        if (testCase.method === 'HEAD') continue;
        prefiller.respond = scripted(testCase, prefillAnswer);
        const ask = prefilledRequest(prefiller.port, 'X-Scripted: 1\r\n');
        const other = (): ReturnType<typeof probe> =>
          probePrefilled(rig.proxy.port, prefiller.port, `p${counter++}`);
        yield await judged(rig, testCase, ask, other);
      }
    } finally {
      await prefiller.stop();
    }
  },
};

/** The last answer that was played; who asks before its end gets what an engine says by its own choice. */
let played: Promise<void> = Promise.resolve();

function scripted(testCase: AnswerCase, plain: typeof plainAnswer): Responder {
  return (request, connection) => {
    if (valuesOf(request, 'x-scripted').length > 0) played = play(testCase, connection);
    else connection.socket.write(plain(request), 'latin1');
  };
}

async function judged(
  { proxy }: Rig,
  testCase: AnswerCase,
  ask: string,
  other: () => ReturnType<typeof probe>,
): Promise<CaseResult> {
  const { group, name } = testCase;
  const client = await RawConnection.open(proxy.port);
  try {
    client.write(ask);
    const read = (): AnswerReading =>
      readAnswers(client.received, [testCase.method ?? 'GET'], client.ending === 'fin');
    await client.until(() => read().answers.some(({ complete }) => complete), patience(testCase));
    const own = judgeOwn(testCase, read());
    if (own.verdict === 'violation') return { group, name, ...own };
    await played;
    for (const ms of AFTERMATH_MS) {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      const { answer, extra } = await other();
      const wrong =
        answer === undefined
          ? 'another client got nothing'
          : extra || answer.status !== 200 || fieldOf(answer, 'x-probe-echo') === 'FOREIGN'
            ? `another client got ${answer.status} ${JSON.stringify(answer.body.slice(0, 80))}`
            : undefined;
      if (wrong !== undefined) return { group, name, verdict: 'violation', reason: wrong };
    }
    return { group, name, ...own };
  } finally {
    client.destroy();
  }
}

/** An engine that leaves its answer open is waited for in vain. */
const patience = ({ expect, then }: AnswerCase): number =>
  expect === 'whole' || then !== 'keep' ? PATIENCE_MS : 250;

function judgeOwn({ expect }: AnswerCase, { answers, problem }: AnswerReading): Judgement {
  const violation = (reason: string): Judgement => ({ verdict: 'violation', reason });
  if (problem !== undefined && (expect === 'whole' || expect === 'broken'))
    return violation(`the client received a ${problem}`);
  const [answer] = answers;
  if (answer && fieldOf(answer, 'x-probe-echo') === 'FOREIGN') return violation('a foreign answer');
  const good = answer?.complete === true && answer.status < 400;
  if (expect === 'broken' && good) return violation('a broken answer looks complete');
  if (problem !== undefined || (expect === 'refused' && good))
    return { verdict: 'lenient', reason: problem ?? 'a malformed answer was passed on' };
  if (expect === 'whole' && (!good || !answer.body.includes('the whole answer'))) {
    return { verdict: 'strict', reason: `a sound answer became ${answer?.status ?? 'nothing'}` };
  }
  return { verdict: 'ok', reason: '' };
}
