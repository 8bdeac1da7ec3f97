import { fieldCases } from '../cases/fields.js';
import { framingCases } from '../cases/framing.js';
import { oddBytes } from '../cases/odd-bytes.js';
import type { RequestCase } from '../cases/request-case.js';
import { targetCases } from '../cases/targets.js';
import { plainAnswer } from '../engine/recording-engine.js';
import { runCase } from '../run-case.js';
import type { CaseResult, Rig, Suite } from './suite.js';

function suiteOf(name: string, cases: (quick: boolean) => Iterable<RequestCase>): Suite {
  return {
    name,
    run: (rig) => runAll(rig, cases(rig.quick)),
  };
}

async function* runAll(rig: Rig, cases: Iterable<RequestCase>): AsyncGenerator<CaseResult> {
  const { proxy, engine } = rig;
  engine.respond = (request, { socket }) => socket.write(plainAnswer(request), 'latin1');
  for (const testCase of cases) {
    const { group, name } = testCase;
    yield { group, name, ...(await runCase(proxy.port, engine, testCase)) };
  }
}

/** What clients may send. */
export const REQUEST_SUITES: readonly Suite[] = [
  suiteOf('framing', framingCases),
  suiteOf('targets', targetCases),
  suiteOf('fields', fieldCases),
  suiteOf('odd-bytes', oddBytes),
];
