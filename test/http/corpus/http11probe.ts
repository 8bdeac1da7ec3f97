import { gunzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawConnection } from '../client/raw-connection.js';
import { plainAnswer } from '../engine/recording-engine.js';
import type { Verdict } from '../judge.js';
import type { CaseResult, Suite } from '../suites/suite.js';
import { readAnswers, type ReadAnswer } from '../wire/answer-reader.js';
import { readRequests } from '../wire/request-reader.js';
import {
  decide,
  type ConnectionState,
  type ProbeCase,
  type ProbeVerdict,
} from './http11probe-verdict.js';

/** Http11Probe's cases as JSON: steps of bytes, and a verdict for each status and state of the connection. */
export interface Http11ProbeCorpus {
  readonly source: string;
  readonly cases: readonly ProbeCase[];
}

/** How long, in ms, an answer may take, and a connection to be closed behind it. */
const ANSWER_MS = 2_000;
const CLOSE_MS = 60;

const VERDICTS: Readonly<Record<ProbeVerdict, Verdict>> = {
  pass: 'ok',
  warn: 'lenient',
  fail: 'failed',
};

export function isHttp11Probe(corpus: unknown): corpus is Http11ProbeCorpus {
  const { cases } = corpus as Partial<Http11ProbeCorpus>;
  return Array.isArray(cases) && Array.isArray((cases[0] as Partial<ProbeCase> | undefined)?.steps);
}

/** Cases that the corpus does not score are left out. */
export function http11ProbeSuite({ cases }: Http11ProbeCorpus): Suite {
  return {
    name: 'http11probe',
    async *run({ proxy, engine }) {
      engine.respond = (request, { socket }) => socket.write(plainAnswer(request), 'latin1');
      for (const one of cases.filter(({ scored }) => scored)) {
        engine.clear();
        yield await runProbe(proxy.port, one);
        engine.dropConnections();
      }
    },
  };
}

async function runProbe(port: number, one: ProbeCase): Promise<CaseResult> {
  const client = await RawConnection.open(port);
  const statuses: string[] = [];
  let sent = '';
  let state: ConnectionState = 'Open';
  let answers: ReadAnswer[] = [];
  try {
    for (const { parts } of one.steps) {
      for (const { payload, delayMs } of parts) {
        if (delayMs > 0) await sleep(delayMs);
        const bytes = decode(payload).replaceAll('__HOST__', `127.0.0.1:${port}`);
        sent += bytes;
        client.write(bytes);
      }
      const methods = readRequests(sent).requests.map(({ method }) => method);
      const before = answers.length;
      const read = (): ReadAnswer[] =>
        readAnswers(client.received, methods, client.ending === 'fin').answers;
      await client.until(
        () =>
          read()
            .slice(before)
            .some(({ complete }) => complete),
        ANSWER_MS,
      );
      await client.until(() => client.ending !== undefined, CLOSE_MS);
      answers = read();
      statuses.push(String(answers[before]?.status ?? 'none'));
      state =
        client.ending !== undefined
          ? 'ClosedByServer'
          : answers.length > before
            ? 'Open'
            : 'TimedOut';
    }
    const { verdict, ambiguous } = decide(one, { state, sent, answers });
    // What was refused with another status than the corpus wants has harmed nobody.
    const taken = Number(statuses[0]) < 400;
    const smuggled = verdict === 'fail' && one.suite === 'smuggling' && taken;
    const reason = `${statuses.join(', ')}, ${state}; expected ${one.expected}`;
    return {
      ...{ group: one.suite, name: one.id, verdict: smuggled ? 'violation' : VERDICTS[verdict] },
      reason: ambiguous ? `${reason} (decided by body or fields)` : reason,
    };
  } finally {
    client.destroy();
  }
}

function decode(payload: ProbeCase['steps'][number]['parts'][number]['payload']): string {
  const bytes =
    payload.b64 !== undefined
      ? Buffer.from(payload.b64, 'base64')
      : gunzipSync(Buffer.from(payload.gz_b64 ?? '', 'base64'));
  return bytes.toString('latin1');
}
