import { readFile } from 'node:fs/promises';
import type { CaseConfig, SsrfCase } from './case.js';

/** A case as a corpus file has it. */
interface CorpusCase {
  readonly id: string;
  readonly group: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** A line as it goes out; `\n` and the like stand for control characters. */
  readonly raw_header_line?: string;
  readonly path?: string;
  readonly method?: string;
  readonly body?: string;
  readonly config?: {
    readonly ssrf?: boolean;
    readonly portPolicy?: 'any' | 'pool';
    readonly targetPorts?: readonly string[];
    readonly prefillerTLS?: boolean;
    readonly connector?: string;
    readonly fallback?: boolean;
  };
  readonly setup?: string;
  readonly expect: {
    readonly status: number;
    readonly status_also_ok?: readonly number[];
    readonly prefill_connects_to?: string;
    readonly decoder_called?: boolean;
  };
  readonly reason: string;
}

interface Corpus {
  readonly defaults?: Pick<CorpusCase, 'method' | 'path' | 'body' | 'config'>;
  readonly cases: readonly CorpusCase[];
}

/** What a sentence of a corpus means here: another request, or a set-up of ours. */
const SENTENCES: readonly (readonly [
  RegExp,
  (match: RegExpMatchArray) => Partial<Pick<SsrfCase, 'path' | 'body' | 'setup' | 'method'>>,
])[] = [
  [/^path (\S+)$/, ([, path]) => ({ path: path! })],
  [
    /^request line: (\w+) (\S+) HTTP\/1\.1$/,
    ([, method, path]) => ({ method: method!, path: path! }),
  ],
  [
    /^JSON body contains kv_transfer_params with remote_host=(\{\w+\})$/,
    ([, host]) => ({
      body: `{"model":"m","prompt":"x","kv_transfer_params":{"remote_host":"${host}","remote_port":{P}}}`,
    }),
  ],
  // Every world has these: pod A is called so, and DNS has the canary by that name.
  [/^pool pod named metadata; resolver would answer \{D\}$/, () => ({})],
  [/^pool pod with spec\.hostNetwork=true and podIP=\{HOSTNET\}$/, () => ({})],
  [/^self-signed prefiller$/, () => ({})],
  [
    /^prefiller returns (\d+) to \{D\}$/,
    ([, status]) => ({ setup: `the prefiller answers ${status}` }),
  ],
  [/^prefiller sends Alt-Svc/, () => ({ setup: 'the prefiller advertises others' })],
  [/^API server hangs on LIST pods$/, () => ({ setup: 'pod list hangs' })],
  [/^delete pod B$/, () => ({ setup: 'pod B is deleted' })],
  [/^MODIFIED event with deletionTimestamp$/, () => ({ setup: 'pod B is being deleted' })],
  [/^relabel pod B$/, () => ({ setup: 'pod B is relabelled' })],
  [/^MODIFY pool selector to \{\}$/, () => ({ setup: 'the selector becomes empty' })],
  [/^force relist every 50 ms$/, () => ({ setup: 'relists all the time' })],
  [
    /^drop watch, delete B, let it reconnect$/,
    () => ({ setup: 'pod B is deleted while the watch is down' }),
  ],
  [/^stop API server (\d+) s$/, ([, seconds]) => ({ setup: `the API is away for ${seconds} s` })],
  [
    /^request to A \(pooled socket\), delete A, request again$/,
    () => ({ setup: 'pod A is deleted after a request' }),
  ],
];

/** A case that says something that is not understood here. */
export interface Unplayable {
  readonly id: string;
  readonly why: string;
}

/** @throws Error when the file is no corpus */
export async function readCorpus(
  path: string,
): Promise<{ cases: SsrfCase[]; unplayable: Unplayable[] }> {
  const corpus = JSON.parse(await readFile(path, 'utf8')) as Corpus;
  if (!Array.isArray(corpus.cases)) throw new Error(`${path} has no list of cases`);
  const cases: SsrfCase[] = [];
  const unplayable: Unplayable[] = [];
  for (const one of corpus.cases) {
    const meaning = meaningOf(one.setup);
    if (meaning) cases.push(caseOf({ ...corpus.defaults, ...one }, meaning));
    else unplayable.push({ id: one.id, why: `set-up "${one.setup}" is not known` });
  }
  return { cases, unplayable };
}

function meaningOf(setup: string | undefined): Partial<SsrfCase> | undefined {
  if (setup === undefined) return {};
  for (const [pattern, meaning] of SENTENCES) {
    const match = pattern.exec(setup);
    if (match) return meaning(match);
  }
  return undefined;
}

function caseOf(one: CorpusCase, meaning: Partial<SsrfCase>): SsrfCase {
  const { expect } = one;
  const raw = one.raw_header_line;
  return {
    id: one.id,
    rule: one.group,
    why: one.reason,
    lines: [
      ...(one.headers ?? []).map(([name, value]) => `${name}: ${value}`),
      ...(raw === undefined ? [] : [JSON.parse(`"${raw}"`) as string]),
    ],
    ...(one.method !== undefined && { method: one.method }),
    ...(one.path !== undefined && { path: one.path }),
    ...(one.body !== undefined && { body: one.body }),
    config: configOf(one.config),
    expect: {
      status: expect.status,
      alsoOk: expect.status_also_ok ?? [],
      ...(expect.prefill_connects_to !== undefined && { prefillAt: expect.prefill_connects_to }),
      ...(expect.decoder_called !== undefined && { decoderCalled: expect.decoder_called }),
    },
    ...meaning,
  };
}

function configOf(config: CorpusCase['config'] = {}): CaseConfig {
  const { ssrf, portPolicy, targetPorts, prefillerTLS, connector } = config;
  return {
    ...(ssrf !== undefined && { ssrf }),
    ...(portPolicy && { portPolicy }),
    ...(targetPorts && { targetPorts }),
    ...(prefillerTLS !== undefined && { prefillerTls: prefillerTLS }),
    ...(connector !== undefined && { flags: [`--kv-connector=${connector}`] }),
  };
}
