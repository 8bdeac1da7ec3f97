import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { reasonOf } from '../config/config-error.js';
import { explainIssue } from '../config/explain-issue.js';
import { canonicalIp, urlHost } from '../endpoint/ip.js';
import { parseTarget } from '../endpoint/target.js';
import { DiscoveryFileError } from './discovery-file.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { foundSpec } from './found-spec.js';

const PORT = z.union([z.int(), z.string()]).refine((port) => isPort(port), {
  error: 'a port from 1 to 65535',
});
const ENTRY = z.object({
  name: z.string().min(1),
  namespace: z.string().nullish(),
  address: z.string(),
  port: PORT,
  metricsHost: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
});
const KNOWN = new Set(Object.keys(ENTRY.shape));

/** An entry that is one, and what else is to be said of it. */
export interface ReadEntry {
  /** `namespace/name`. */
  readonly key: string;
  readonly found: FoundEndpoint;
  /** Members that mean nothing here. */
  readonly unknown: readonly string[];
}

/** An entry that is none. */
export interface BadEntry {
  /** `namespace/name`, as far as they can be read. */
  readonly key: string;
  /** Which one, what is wrong with it, and what to write. */
  readonly flaw: string;
}

/**
 * Reads an endpoints file of llm-d, YAML or JSON: `endpoints: [{name, namespace?, address, port, labels?}]`.
 *
 * @returns the entries in their order; of two with one name or one address the second one is bad
 * @throws DiscoveryFileError where the whole cannot be read
 */
export function readEndpointsFile(text: string): (ReadEntry | BadEntry)[] {
  const keys = new Map<string, number>();
  const addresses = new Map<string, number>();
  return entriesOf(text).map((raw, at) => {
    const entry = readEntry(raw, at);
    const double = keys.get(entry.key);
    if (double !== undefined) return { key: entry.key, flaw: clash(entry, at, double, 'name') };
    keys.set(entry.key, at);
    if ('flaw' in entry) return entry;
    const { url } = entry.found.spec.address;
    const other = addresses.get(url);
    if (other !== undefined) return { key: entry.key, flaw: clash(entry, at, other, 'address') };
    addresses.set(url, at);
    return entry;
  });
}

function entriesOf(text: string): readonly unknown[] {
  const whole = parsed(text);
  const endpoints = (whole as { endpoints?: unknown } | null | undefined)?.endpoints;
  if (typeof whole !== 'object' || whole === null || !('endpoints' in whole)) {
    throw new DiscoveryFileError(
      'it has no member endpoints: give endpoints: [{name, address, port}]',
    );
  }
  if (endpoints === null) return [];
  if (!Array.isArray(endpoints)) {
    throw new DiscoveryFileError('endpoints: expected a list of {name, address, port}');
  }
  return endpoints;
}

/** JSON is read in a fiftieth of the time. */
function parsed(text: string): unknown {
  if (/^\s*\{/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // YAML may begin so too; if not, it says where the mistake is.
    }
  }
  try {
    return parseYaml(text);
  } catch (error) {
    const [line = ''] = reasonOf(error).split('\n');
    throw new DiscoveryFileError(`it is neither YAML nor JSON: ${line.replace(/:$/, '')}`);
  }
}

function readEntry(raw: unknown, at: number): ReadEntry | BadEntry {
  const { name, namespace } = (raw ?? {}) as { name?: unknown; namespace?: unknown };
  const home = typeof namespace === 'string' && namespace !== '' ? namespace : 'default';
  const isNamed = typeof name === 'string' && name !== '';
  const key = `${home}/${isNamed ? name : `endpoints[${at}]`}`;
  const where = isNamed ? `endpoints[${at}] (${name})` : `endpoints[${at}]`;
  const entry = ENTRY.safeParse(raw);
  if (!entry.success) {
    const flaw = explainIssue(entry.error.issues[0]!, raw, 'the entry');
    return { key, flaw: `${where}: ${flaw}` };
  }
  const found = foundOf(entry.data, home);
  if (typeof found === 'string') return { key, flaw: `${where}: ${found}` };
  const unknown = Object.keys(raw as object).filter((member) => !KNOWN.has(member));
  return { key, found, unknown };
}

function foundOf(entry: z.infer<typeof ENTRY>, namespace: string): FoundEndpoint | string {
  const { name, address, port, labels, metricsHost } = entry;
  const ip = canonicalIp(address.replace(/^\[(.*)\]$/, '$1'));
  if (ip === undefined) {
    return `address: expected an IPv4 or IPv6 address, got ${JSON.stringify(address).slice(0, 80)}`;
  }
  if (metricsHost && !parseTarget(metricsHost)) {
    return `metricsHost: expected HOST:PORT, got ${JSON.stringify(metricsHost).slice(0, 80)}`;
  }
  const spec = foundSpec('file', `http://${urlHost(ip)}:${Number(port)}`, {
    ...{ name, namespace, labels: labels ?? {} },
    ...(metricsHost && { metricsHost }),
  });
  return typeof spec === 'string' ? spec : { spec, identity: `${namespace}/${name}`, usable: true };
}

function clash(entry: ReadEntry | BadEntry, at: number, other: number, what: string): string {
  const said = what === 'name' ? entry.key : (entry as ReadEntry).found.spec.address.target.label;
  return `endpoints[${at}] (${entry.key.replace(/^.*\//, '')}): endpoints[${other}] has the ${what} ${said} too`;
}

function isPort(port: number | string): boolean {
  return /^\d{1,5}$/.test(String(port)) && Number(port) >= 1 && Number(port) <= 65_535;
}
