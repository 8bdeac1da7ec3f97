import type { RequestCase } from './cases/request-case.js';
import { RawConnection } from './client/raw-connection.js';
import type { RecordingEngine } from './engine/recording-engine.js';
import { judge, probeBytes, type Judgement } from './judge.js';
import { readAnswers, type ReadAnswer } from './wire/answer-reader.js';
import { readRequests } from './wire/request-reader.js';

/** How long, in ms, nothing may happen before a case counts as over. */
const QUIET_MS = 150;
const PROBE_MS = 3_000;

let counter = 0;

/**
 * Sends one case on a connection of its own, a probe behind it, and another probe as another client.
 *
 * @param port of the proxy
 */
export async function runCase(
  port: number,
  engine: RecordingEngine,
  testCase: RequestCase,
): Promise<Judgement> {
  engine.clear();
  const probeA = `a${counter}`;
  const probeB = `b${counter++}`;
  const sent = testCase.bytes + probeBytes(probeA);
  const oracle = readRequests(sent);
  const client = await RawConnection.open(port);
  try {
    client.write(testCase.bytes);
    client.write(probeBytes(probeA));
    const methods = oracle.requests.map(({ method }) => method);
    const done = (): boolean => {
      if (client.ending !== undefined) return true;
      const { answers } = readAnswers(client.received, methods, false);
      return oracle.rest === 'nothing' && answers.filter(isWhole).length >= methods.length;
    };
    while (!done() && (await client.news(QUIET_MS)));
    const other = await probe(port, probeB);
    const evidence = {
      ...{ probeA, probeB, sent, received: client.received },
      ...{ closed: client.ending === 'fin', arrived: [...engine.requests] },
      ...{ problems: [...engine.problems], other: other.answer, otherExtra: other.extra },
    };
    const judgement = judge(testCase, evidence);
    // What is half sent must not be met by the next case.
    client.destroy();
    for (let i = 0; i < 100 && engine.unfinished > 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return judgement;
  } finally {
    client.destroy();
  }
}

/** What a client gets that asks for nothing but its own answer. */
export async function probe(
  port: number,
  id: string,
): Promise<{ answer: ReadAnswer | undefined; extra: boolean }> {
  const client = await RawConnection.open(port);
  try {
    client.write(probeBytes(id));
    const answers = (): ReadAnswer[] =>
      readAnswers(client.received, ['GET'], client.ending === 'fin').answers;
    await client.until(() => answers().some(isWhole), PROBE_MS);
    const [answer, ...more] = answers();
    return { answer: answer?.complete ? answer : undefined, extra: more.length > 0 };
  } finally {
    client.destroy();
  }
}

const isWhole = ({ complete }: ReadAnswer): boolean => complete;
