import type { RequestCase, SeenRequest } from './cases/request-case.js';
import { fieldOf, readAnswers, type ReadAnswer } from './wire/answer-reader.js';
import { readRequests, type ReadRequest, type Reading } from './wire/request-reader.js';

/**
 * `violation`: somebody was or can be harmed. `failed`: what must be served was not, or otherwise. `lenient`: the engine got, in sound form, what a strict reader
 * refuses. `strict`: a request that a strict reader takes was refused.
 */
export type Verdict = 'ok' | 'lenient' | 'strict' | 'failed' | 'violation';

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** All that was seen of one case. */
export interface Evidence {
  readonly probeA: string;
  readonly probeB: string;
  /** Bytes that the client sent: the case and the probe behind it. */
  readonly sent: string;
  readonly received: string;
  readonly closed: boolean;
  /** Sound requests that the engine received, probes included. */
  readonly arrived: readonly ReadRequest[];
  /** Malformed messages that the engine received. */
  readonly problems: readonly string[];
  /** What the other client got; undefined for nothing. */
  readonly other: ReadAnswer | undefined;
  readonly otherExtra: boolean;
}

const OK: Judgement = { verdict: 'ok', reason: '' };
const violation = (reason: string): Judgement => ({ verdict: 'violation', reason });
const failed = (reason: string): Judgement => ({ verdict: 'failed', reason });

/** The bytes of a probe, whose answer names it. */
export function probeBytes(id: string): string {
  return `GET /probe HTTP/1.1\r\nHost: engine.test\r\nX-Probe: ${id}\r\n\r\n`;
}

/** Judges one case by what the engine received and what the clients got. */
export function judge(testCase: RequestCase, evidence: Evidence): Judgement {
  const oracle = readRequests(evidence.sent);
  const [problem] = evidence.problems;
  if (problem !== undefined)
    return violation(`the engine received a malformed message: ${problem}`);
  const wrong = judgeProbes(oracle, evidence) ?? judgeArrived(oracle, evidence);
  if (wrong) return wrong;
  return judgeDemand(testCase, oracle, evidence);
}

function judgeProbes(oracle: Reading, evidence: Evidence): Judgement | undefined {
  const { other, otherExtra, probeA, probeB } = evidence;
  if (other?.status !== 200 || fieldOf(other, 'x-probe-echo') !== probeB || otherExtra) {
    return violation(`another client got ${other === undefined ? 'nothing' : show(other)}`);
  }
  const methods = oracle.requests.map(({ method }) => method);
  const { answers, problem } = readAnswers(evidence.received, methods, evidence.closed);
  // An answer of HTTP/0.9 to what is no HTTP/1 has no head.
  if (problem !== undefined && oracle.requests.length > 0)
    return violation(`the client received ${problem}`);
  // A refusal may stand in for each request, and for what is none.
  const allowed = Math.max(oracle.requests.length, evidence.arrived.length) + 1;
  if (answers.length > allowed) return violation(`${answers.length} answers`);
  const last = answers.findIndex((answer) => fieldOf(answer, 'x-probe-echo') === probeA);
  if (last >= 0 && last !== answers.length - 1) return violation('an answer behind the last one');
  return undefined;
}

/** What arrived must stand in the client's bytes; single requests may have been refused, none comes twice. */
function judgeArrived(oracle: Reading, evidence: Evidence): Judgement | undefined {
  const left = [...oracle.requests];
  for (const request of evidence.arrived) {
    if (isProbe(request, evidence.probeB)) continue;
    const sent = `${request.method} ${request.target}`;
    const found = left.findIndex((one) => sameLine(request, one));
    if (found < 0) {
      if (oracle.rest === 'malformed' && isForeseen(request, evidence)) continue;
      return violation(`the engine received another request: ${sent}`);
    }
    const [expected] = left.splice(found, 1);
    if (request.body !== expected!.body) return violation(`the body of ${sent} is another one`);
  }
  return undefined;
}

function judgeDemand(testCase: RequestCase, oracle: Reading, evidence: Evidence): Judgement {
  const probes = [evidence.probeA, evidence.probeB];
  const seen = evidence.arrived.filter((request) => !probes.some((id) => isProbe(request, id)));
  const inCase = oracle.requests.filter((request) => !isProbe(request, evidence.probeA));
  const answered = testCase.answered?.(evidence.received);
  if (answered !== undefined) return failed(answered);
  if (seen.length > inCase.length || (testCase.must === 'refuse' && seen.length > 0)) {
    return { verdict: 'lenient', reason: 'the engine received what should be refused' };
  }
  if (testCase.must === 'pass') {
    const first = seen[0];
    if (first === undefined) return failed('a sound request did not arrive');
    const wrong = testCase.arrived?.(seenOf(first));
    return wrong === undefined ? OK : failed(wrong);
  }
  if (testCase.must === undefined && seen.length < inCase.length) {
    return { verdict: 'strict', reason: 'a request that is allowed was refused' };
  }
  return OK;
}

function isProbe(request: ReadRequest, id: string): boolean {
  return (
    request.target === '/probe' &&
    request.fields.some(([name, value]) => name.toLowerCase() === 'x-probe' && value === id)
  );
}

/**
 * A request that a lenient reader finds in malformed bytes. What an attacker hid is one only where the proxy took
 * it for a request as the engine did, and so has answered all that the engine received.
 */
function isForeseen({ method, target }: ReadRequest, evidence: Evidence): boolean {
  const { sent, received, closed, arrived, probeB } = evidence;
  if (target === '/smuggled') {
    const { answers } = readAnswers(received, [], closed);
    const passed = answers.filter(({ status }) => status < 400);
    if (passed.length < arrived.filter((one) => !isProbe(one, probeB)).length) return false;
  }
  return sent.includes(method) && sent.includes(target);
}

function sameLine(arrived: ReadRequest, sent: ReadRequest): boolean {
  return arrived.method === sent.method && sameTarget(arrived.target, sent.target);
}

function sameTarget(arrived: string, sent: string): boolean {
  if (arrived === sent) return true;
  const origin = /^[a-z]+:\/\/[^/?]*(.*)$/i.exec(sent)?.[1];
  return origin !== undefined && (arrived === origin || arrived === `/${origin}`);
}

function seenOf({ method, target, body, fields }: ReadRequest): SeenRequest {
  const map = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    map.set(lower, [...(map.get(lower) ?? []), value]);
  }
  return { method, target, body, fields: map };
}

const show = ({ status, body }: ReadAnswer): string =>
  `${status} ${JSON.stringify(body.slice(0, 100))}`;
