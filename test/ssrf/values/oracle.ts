import { expectedTarget, type ExpectedTarget } from '../../support/target-oracle.js';
import { DNS_TABLE } from '../rig/dns-table.js';
import { hostPort } from '../rig/engine.js';
import type { Line } from './generate.js';

/** What must come of a request, by the words of docs/ssrf.md and no code of the sidecar. */
export interface ExpectedOutcome {
  /** `reached`: an allowed host where nobody may listen was named: 200, or an error of the gateway. */
  readonly status: 200 | 400 | 403 | 'reached';
  /** Who may prefill it: exactly one of these for 200; none: it goes to the decoder alone. */
  readonly prefillAt: readonly string[];
  /** Names that are resolved, once each time. */
  readonly lookups: readonly string[];
}

/** What is allowed. */
export interface AllowedPods {
  readonly addresses: ReadonlySet<string>;
  /** Pod name → address. */
  readonly names: ReadonlyMap<string, string>;
  /** `host:port` of those that answer. */
  readonly listening: ReadonlySet<string>;
}

const MOST_CANDIDATES = 16;
/** In the network of its node; the rig makes it. */
const HOST_NETWORK_POD = 'on-the-node';

type Parsed = readonly ExpectedTarget[] | 'malformed';

/** RFC 9110, 5.5: a field value holds no control character but the tab. */
export function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
  }
  return true;
}

export function expectedOutcome(lines: readonly Line[], pods: AllowedPods): ExpectedOutcome {
  const refused = { status: 400, prefillAt: [], lookups: [] } as const;
  if (!lines.every(([, value]) => isFieldValue(value))) return refused;
  let candidates = candidatesOf(lines, 'x-prefiller-host-port');
  if (candidates.length === 0) candidates = candidatesOf(lines, 'x-prefiller-url');
  const encoders = candidatesOf(lines, 'x-encoder-hosts-ports');
  const sources = candidatesOf(lines, 'x-kv-cache-source-host-port');
  if (candidates === 'malformed' || encoders === 'malformed' || sources === 'malformed') {
    return refused;
  }
  const lookups: string[] = [];
  const admitted: string[][] = [];
  // One that is named twice counts once.
  const distinct = new Map(candidates.map((one) => [JSON.stringify(one), one]));
  for (const [index, candidate] of [...distinct.values()].entries()) {
    const places = placesOf(candidate, pods, lookups);
    if (places) admitted.push(places);
    else if (index === 0) return { status: 403, prefillAt: [], lookups };
  }
  const [first] = admitted;
  if (!first) return { status: 200, prefillAt: [], lookups };
  const answers = first.every((place) => pods.listening.has(place));
  return answers
    ? { status: 200, prefillAt: first, lookups }
    : { status: 'reached', prefillAt: admitted.flat(), lookups };
}

function candidatesOf(lines: readonly Line[], header: string): Parsed {
  const candidates: ExpectedTarget[] = [];
  for (const [name, value] of lines) {
    if (name.toLowerCase() !== header) continue;
    for (const element of value.split(',')) {
      if ([...element].every((char) => char === ' ' || char === '\t')) continue;
      const target = expectedTarget(element);
      if (!target) return 'malformed';
      candidates.push(target);
    }
  }
  return candidates.length > MOST_CANDIDATES ? 'malformed' : candidates;
}

/** @returns where an allowed target may be dialled; undefined when it is not allowed */
function placesOf(
  target: ExpectedTarget,
  pods: AllowedPods,
  lookups: string[],
): string[] | undefined {
  const { kind, host, port } = target;
  const addresses = kind === 'ip' ? [host] : addressesOf(host, pods, lookups);
  if (addresses.length === 0 || !addresses.every((one) => pods.addresses.has(one)))
    return undefined;
  return addresses.map((address) => hostPort(address, port));
}

function addressesOf(name: string, pods: AllowedPods, lookups: string[]): string[] {
  const pod = pods.names.get(name);
  if (pod !== undefined) return [pod];
  // It is a pod's name all the same, only none that counts.
  if (name === HOST_NETWORK_POD) return [];
  lookups.push(name);
  const [answer = []] = Object.hasOwn(DNS_TABLE, name) ? DNS_TABLE[name]! : [];
  return answer.map((address) => {
    const text = address.includes(':') ? `[${address}]:1` : `${address}:1`;
    return expectedTarget(text)?.host ?? 'no address';
  });
}
