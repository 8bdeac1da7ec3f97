import { FOREIGN } from '../cases/answer-case.js';
import type { AnswerCase } from '../cases/answer-case.js';
import { plainAnswer } from '../engine/recording-engine.js';
import { runCase } from '../run-case.js';
import { runAnswerCase } from '../suites/answers.js';
import type { Suite } from '../suites/suite.js';

/** One of llhttp's own cases. */
interface LlhttpCase {
  readonly kind: 'request' | 'response';
  readonly file: string;
  readonly title: string;
  readonly input_latin1: string;
  /** The parser must refuse it in its strict mode. */
  readonly rejects: boolean;
}

export interface LlhttpCorpus {
  readonly cases: readonly LlhttpCase[];
}

export function isLlhttp(corpus: unknown): corpus is LlhttpCorpus {
  const { cases } = corpus as Partial<LlhttpCorpus>;
  return Array.isArray(cases) && 'input_latin1' in ((cases[0] ?? {}) as object);
}

/** Requests are sent by a client, answers by the engine. */
export function llhttpSuites({ cases }: LlhttpCorpus): Suite[] {
  const of = (kind: LlhttpCase['kind']): LlhttpCase[] => cases.filter((one) => one.kind === kind);
  return [requestSuite(of('request')), answerSuite(of('response'))];
}

function requestSuite(cases: readonly LlhttpCase[]): Suite {
  return {
    name: 'llhttp-requests',
    async *run({ proxy, engine }) {
      engine.respond = (request, { socket }) => socket.write(plainAnswer(request), 'latin1');
      for (const { file, title, input_latin1: bytes } of cases) {
        const about = { group: file, name: title };
        yield { ...about, ...(await runCase(proxy.port, engine, { ...about, bytes })) };
        engine.dropConnections();
      }
    },
  };
}

function answerSuite(cases: readonly LlhttpCase[]): Suite {
  return {
    name: 'llhttp-answers',
    async *run(rig) {
      for (const { file, title, input_latin1: bytes, rejects } of cases) {
        for (const then of ['keep', 'fin'] as const) {
          const testCase: AnswerCase = {
            ...{ group: file, name: `${title}, ${then}`, pieces: [bytes, FOREIGN], gapMs: 5, then },
            expect: rejects && !isWholeBefore(bytes) ? 'refused' : 'either',
          };
          yield await runAnswerCase(rig, testCase);
        }
      }
    },
  };
}

/** What is refused may be what follows a whole answer, or the second answer. */
const isWholeBefore = (bytes: string): boolean =>
  /^HTTP\/1\.1 \d{3}[^]*?\r\n\r\n[^]*HTTP\//.test(bytes) || /content-length: *\d+/i.test(bytes);
