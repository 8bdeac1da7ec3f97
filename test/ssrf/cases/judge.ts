import type { RawAnswer } from '../../support/raw-answer.js';
import { HOSTS } from '../rig/places.js';
import type { Arrival } from '../rig/ledger.js';
import type { Expected } from './case.js';

/** All that one request led to. */
export interface Outcome {
  readonly answer: RawAnswer;
  readonly surplus: string | undefined;
  readonly prefills: readonly Arrival[];
  readonly decodes: readonly Arrival[];
  /** Connections that were made to prefillers. */
  readonly connections: readonly string[];
  /** Connections that were made to hosts that are not allowed. */
  readonly canary: readonly string[];
  readonly health: number;
  readonly alive: boolean;
  readonly dnsQueries: readonly string[];
  /** Lines of the log that name the request as refused. */
  readonly denials: readonly Record<string, unknown>[];
}

/** @returns what is wrong, a line each; none when all is as it must be */
export function judge(id: string, expect: Expected, outcome: Outcome): string[] {
  const { answer, prefills, decodes, surplus } = outcome;
  const { status } = answer;
  const wrong: string[] = [];
  const check = (good: boolean, text: string): void => {
    if (!good) wrong.push(text);
  };
  check(
    status === expect.status || (expect.alsoOk ?? []).includes(status),
    `status ${status}, not ${[expect.status, ...(expect.alsoOk ?? [])].join(' or ')}`,
  );
  check(surplus === undefined, surplus ?? '');
  const forbidden = outcome.canary.filter((at) => at !== expect.prefillAt);
  check(forbidden.length === 0, `connected to ${forbidden.join()}`);
  check(outcome.health === 200, `/health is ${outcome.health} afterwards`);
  check(outcome.alive, 'the process ended');
  const called =
    status === expect.status ? (expect.decoderCalled ?? status === 200) : status === 200;
  check(decodes.length === (called ? 1 : 0), `the decoder got ${decodes.length} requests`);
  if (status === 400 || status === 403) wrong.push(...leaks(id, outcome));
  else if (status === expect.status && status === 200) wrong.push(...wrongPlaces(expect, prefills));
  wrong.push(...passedOn(outcome));
  if (status >= 400) wrong.push(...told(answer));
  const { prefills: times = prefills.length } = expect;
  check(prefills.length === times, `prefillers were asked ${prefills.length} times, not ${times}`);
  if (expect.dnsQueries !== undefined) {
    const { dnsQueries } = outcome;
    check(
      dnsQueries.length === expect.dnsQueries,
      `${dnsQueries.length} DNS queries (${dnsQueries.join()}), not ${expect.dnsQueries}`,
    );
  }
  return wrong;
}

/** Headers that name hosts for the sidecar are for it alone. */
const ROUTING = new Set([
  'x-prefiller-host-port',
  'x-prefiller-url',
  'x-encoder-hosts-ports',
  'x-kv-cache-source-host-port',
  'x-data-parallel-host-port',
  'x-connector-protocol',
]);

/** No engine is told to go to a host that a client chose. */
function passedOn({ prefills, decodes }: Outcome): string[] {
  const wrong: string[] = [];
  for (const { at, rawHeaders, body } of [...prefills, ...decodes]) {
    const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    const leaked = names.filter((name) => ROUTING.has(name));
    if (leaked.length > 0) wrong.push(`${at} got ${leaked.join()}`);
    if (prefills.length > 0 && body.includes(HOSTS.D)) wrong.push(`${at} got the body ${body}`);
  }
  return wrong;
}

/** A refused request reaches nobody, and its answer tells nothing. */
function leaks(id: string, { answer, prefills, connections, denials }: Outcome): string[] {
  const wrong: string[] = [];
  if (prefills.length + connections.length > 0) {
    wrong.push(`refused, but connected to ${[...prefills.map(({ at }) => at), ...connections]}`);
  }
  if (answer.status === 403) {
    const type = answer.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
    if (!type.startsWith('application/json')) wrong.push(`content-type is ${type}`);
    if (denials.length !== 1) wrong.push(`${denials.length} log lines of the refusal, id ${id}`);
    for (const line of denials) {
      const whole = ['target', 'reason', 'client'].every((key) => typeof line[key] === 'string');
      if (!whole || 'body' in line) wrong.push(`the log says ${JSON.stringify(line)}`);
    }
  }
  return wrong;
}

/** No address, cause or stack reaches the client. */
function told({ body }: RawAnswer): string[] {
  const text = body.toString();
  const tells = /127\.0\.|10\.96|::1|ECONN|ENOTFOUND| at .*\.js/.test(text);
  return tells ? [`the answer tells ${text}`] : [];
}

function wrongPlaces({ prefillAt }: Expected, prefills: readonly Arrival[]): string[] {
  const places = prefills.map(({ at }) => at).join();
  return places === (prefillAt ?? '') ? [] : [`prefilled at "${places}", not "${prefillAt ?? ''}"`];
}
