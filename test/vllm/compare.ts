/**
 * `npm run test:vllm`: does a request that the sidecar splits over two vLLM servers get the very
 * answer of one server alone?
 *
 * For each of 50 prompts of 20 to 3,000 tokens: first through the sidecar, prefilled at the
 * prefiller, then at the decoder alone under another `cache_salt`, so that its prefix cache hides
 * neither the transfer nor a wrong one. Text, token ids and finish reason must be equal, and
 * `vllm:nixl_xfer_time_seconds_count` of the decoder must grow by exactly one a split request; with another connector
 * than nixlv2 KV of some of the prompt's tokens must have come from elsewhere.
 *
 *   VLLM_PREFILL_URL=http://127.0.0.1:8002 VLLM_DECODE_URL=http://127.0.0.1:8001 npm run test:vllm
 *
 * With `--through picker` the requests go to a real Envoy, the picker says who prefills, and the sidecar does it.
 *
 * Node runs this file as it is (with `test/bench/hooks.mjs`); it takes nothing from src, as an outside client would.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { eventsOf, merge, refused, type Answer, type Json } from './answer.js';
import { NoMetric, oneTransfer, tokensTaken, type Evidence } from './evidence.js';
import { forgetPrompts } from './forget-prompts.js';
import { HELP } from './help.js';
import { startPickerFront } from './picker-front.js';
import { textOf } from './prompt-text.js';

const TANDEM = fileURLToPath(new URL('../../bin/tandem', import.meta.url));
const SHORTEST = 20;
const LONGEST = 3_000;
/** A request on a machine that runs two engines on a few CPUs may take long. */
const REQUEST_TIMEOUT_MS = 180_000;
const READY_TIMEOUT_MS = 60_000;
/** vLLM counts a transfer a moment after the answer has begun. */
const COUNT_TIMEOUT_MS = 15_000;

type Api = 'chat' | 'completions' | 'responses' | 'messages' | 'generate';

interface Case {
  readonly api: Api;
  readonly stream: boolean;
  readonly prompt: string;
}

interface Settings {
  readonly prefill: URL;
  readonly decode: URL;
  readonly model: string;
  readonly maxTokens: number;
  readonly connector: string;
  readonly sidecarFlags: readonly string[];
  /** A folder of KV that takes no account of the salt. */
  readonly forget: string | undefined;
  readonly evidence: Evidence;
  /** Envoy and the picker stand before the sidecar, and choose the prefiller. */
  readonly throughPicker: boolean;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

class Missing extends Error {}

// --- what is asked -------------------------------------------------------------------------------

const PATHS: Record<Api, string> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  generate: '/inference/v1/generate',
};

async function bodyOf(one: Case, settings: Settings, salt: string): Promise<object> {
  const { api, stream, prompt } = one;
  const { model, maxTokens } = settings;
  const common = { model, stream, temperature: 0, cache_salt: salt };
  const messages = [{ role: 'user', content: prompt }];
  switch (api) {
    case 'chat':
      return { ...common, messages, max_tokens: maxTokens, ...streamed(stream) };
    case 'completions':
      return { ...common, prompt, max_tokens: maxTokens, ...streamed(stream) };
    case 'responses':
      return { ...common, input: prompt, max_output_tokens: maxTokens };
    case 'messages':
      return { ...common, messages, max_tokens: maxTokens };
    case 'generate': {
      const { tokens } = await tokenize(settings, prompt);
      const sampling_params = { temperature: 0, max_tokens: maxTokens };
      return { model, stream, cache_salt: salt, token_ids: tokens, sampling_params };
    }
  }
}

function streamed(stream: boolean): object {
  return { return_token_ids: true, ...(stream && { stream_options: { include_usage: true } }) };
}

// --- how it is asked -----------------------------------------------------------------------------

const key = process.env['VLLM_API_KEY'];
const HEADERS = {
  'content-type': 'application/json',
  ...(key !== undefined && { authorization: `Bearer ${key}` }),
};

async function post(url: URL | string, body: object, headers: object = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
}

async function ask(base: URL, one: Case, body: object, headers: object = {}): Promise<Answer> {
  const begun = performance.now();
  const response = await post(new URL(PATHS[one.api], base), body, headers);
  const text = await response.text();
  const ms = Math.round(performance.now() - begun);
  if (response.status !== 200) return refused(response.status, text, ms);
  const parts = one.stream ? eventsOf(text) : [JSON.parse(text) as Json];
  return { status: 200, ms, ...merge(parts) };
}

async function tokenize(
  { decode, model }: Settings,
  prompt: string,
): Promise<{ tokens: number[] }> {
  const response = await post(new URL('/tokenize', decode), { model, prompt });
  return (await response.json()) as { tokens: number[] };
}

/** Waits until the count has grown, at most a while. */
async function growth(before: number, split: Answer, settings: Settings): Promise<number> {
  const { decode, evidence } = settings;
  const deadline = Date.now() + COUNT_TIMEOUT_MS;
  let now = await evidence.count(decode);
  while (now === before && evidence.grows(split.promptTokens) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = await evidence.count(decode);
  }
  return now - before;
}

// --- the sidecar ---------------------------------------------------------------------------------

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function startSidecar(settings: Settings): Promise<{ child: ChildProcess; url: URL }> {
  const { decode, connector, sidecarFlags } = settings;
  const port = await freePort();
  const args = [
    'sidecar',
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--model-server-port=${decode.port}`,
    '--metrics-port=0',
    '--secure-proxy=false',
    '--prefiller-timeout=180s',
    `--kv-connector=${connector}`,
    ...sidecarFlags,
  ];
  const child = spawn(TANDEM, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  const url = new URL(`http://127.0.0.1:${port}`);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const ready = await fetch(new URL('/health/ready', url)).catch(() => undefined);
    if (ready?.ok) return { child, url };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Missing(`the sidecar did not get ready:\n${log}`);
}

// --- the comparison ------------------------------------------------------------------------------

interface Row {
  readonly one: Case;
  readonly split: Answer;
  readonly alone: Answer;
  readonly grown: number;
}

function verdict({ split, alone, grown }: Row, { evidence }: Settings): string {
  if (split.status !== 200) return `split request answered ${split.status}: ${split.text}`;
  if (alone.status !== 200) return `decoder alone answered ${alone.status}: ${alone.text}`;
  const differs = split.text !== alone.text || split.tokenIds.join() !== alone.tokenIds.join();
  if (differs) return `differs: ${JSON.stringify(split.text)} and ${JSON.stringify(alone.text)}`;
  if (split.finish !== alone.finish) return `ended by ${split.finish} and ${alone.finish}`;
  return evidence.fault(grown, alone.promptTokens) ?? 'equal';
}

function line(cells: readonly (string | number)[]): string {
  const widths = [3, 11, 7, 7, 8, 8, 9];
  return cells.map((cell, at) => String(cell).padStart(widths[at] ?? 0)).join('  ');
}

async function compare(one: Case, settings: Settings, sidecar: URL): Promise<Row> {
  const before = await settings.evidence.count(settings.decode);
  // The picker says it in place of the client.
  const headers = settings.throughPicker ? {} : { 'x-prefiller-host-port': settings.prefill.host };
  const split = await ask(sidecar, one, await bodyOf(one, settings, 'split'), headers);
  const grown = await growth(before, split, settings);
  if (settings.forget !== undefined) await forgetPrompts(settings.forget);
  const alone = await ask(settings.decode, one, await bodyOf(one, settings, 'alone'));
  return { one, split, alone, grown };
}

function report(index: number, row: Row, settings: Settings): boolean {
  const { one, split, alone, grown } = row;
  const result = verdict(row, settings);
  const mode = one.stream ? 'stream' : 'whole';
  say(
    line([index, one.api, mode, alone.promptTokens || '?', split.ms, alone.ms, grown]) +
      `  ${result}`,
  );
  return result === 'equal';
}

/** Lengths grow evenly from the shortest to the longest; the modes take turns. */
async function casesOf(count: number, everyMode: boolean, settings: Settings): Promise<Case[]> {
  const seed = Date.now() % 1_000_000;
  const sample = await tokenize(settings, textOf(seed, 200));
  const tokensPerWord = sample.tokens.length / 200;
  const modes = (['chat', 'completions'] as const).flatMap((api) =>
    [false, true].map((stream) => ({ api, stream })),
  );
  say(`prompts of seed ${seed}: about ${tokensPerWord.toFixed(2)} tokens a word`);
  return Array.from({ length: count }, (_, index) => {
    // A chat's template and the estimate take some tokens: the longest stays below its limit.
    const tokens = SHORTEST + ((LONGEST * 0.97 - SHORTEST) * index) / Math.max(1, count - 1);
    const words = Math.max(1, Math.round(tokens / tokensPerWord));
    const own = everyMode ? modes : [modes[index % modes.length]!];
    return own.map((mode, at) => ({ ...mode, prompt: textOf(seed + index * 10 + at, words) }));
  }).flat();
}

async function others(settings: Settings, sidecar: URL): Promise<number> {
  let wrong = 0;
  say('\nThe other APIs, once each:');
  for (const [at, api] of (['responses', 'messages', 'generate'] as const).entries()) {
    const one: Case = { api, stream: false, prompt: textOf(Date.now() + at, 60) };
    const row = await compare(one, settings, sidecar);
    if (row.alone.status === 403 || row.alone.status === 404) {
      say(line([at + 1, api, 'whole']) + `  not served here (${row.alone.status}), not compared`);
    } else if (!report(at + 1, row, settings)) wrong++;
  }
  return wrong;
}

function urlOf(given: string | undefined, variable: string, flag: string, what: string): URL {
  if (given === undefined) {
    throw new Missing(`no ${what}: set ${variable} or give ${flag}=http://127.0.0.1:PORT`);
  }
  if (URL.canParse(given) && new URL(given).port !== '') return new URL(given);
  throw new Missing(
    `${given} is no URL with a port: set ${variable} or give ${flag}=http://127.0.0.1:PORT`,
  );
}

function throughPicker(through: string | undefined): boolean {
  if (through === 'picker') return true;
  if (through === 'sidecar') return false;
  throw new Missing(`--through=${through}: give sidecar or picker`);
}

async function readSettings(
  values: Record<string, string | boolean | string[] | undefined>,
): Promise<Settings> {
  const { env } = process;
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const prefill = urlOf(
    text('prefill-url') ?? env['VLLM_PREFILL_URL'],
    'VLLM_PREFILL_URL',
    '--prefill-url',
    'prefiller',
  );
  const decode = urlOf(
    text('decode-url') ?? env['VLLM_DECODE_URL'],
    'VLLM_DECODE_URL',
    '--decode-url',
    'decoder',
  );
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(decode.hostname)) {
    throw new Missing(
      `the decoder ${decode.href} must be on this machine: the sidecar stands beside it`,
    );
  }
  for (const url of [prefill, decode]) {
    const response = await fetch(new URL('/health', url)).catch(() => undefined);
    if (!response?.ok) throw new Missing(`no vLLM server answers at ${url.href}health`);
  }
  const models = await fetch(new URL('/v1/models', decode), { headers: HEADERS });
  const { data } = (await models.json()) as { data?: { id: string }[] };
  const model = text('model') ?? data?.[0]?.id;
  if (model === undefined) throw new Missing(`${decode.href}v1/models names no model`);
  const connector = text('kv-connector') ?? 'nixlv2';
  return {
    ...{ prefill, decode, model, connector, forget: text('forget-prompts') },
    maxTokens: Number(text('max-tokens')),
    sidecarFlags: (values['sidecar-flag'] as readonly string[] | undefined) ?? [],
    throughPicker: throughPicker(text('through')),
    evidence: connector.startsWith('nixl') ? oneTransfer : await tokensTaken(decode),
  };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'prefill-url': { type: 'string' },
      'decode-url': { type: 'string' },
      model: { type: 'string' },
      prompts: { type: 'string', default: '50' },
      'max-tokens': { type: 'string', default: '24' },
      'every-mode': { type: 'boolean', default: false },
      'kv-connector': { type: 'string' },
      'sidecar-flag': { type: 'string', multiple: true },
      'forget-prompts': { type: 'string' },
      through: { type: 'string', default: 'sidecar' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const settings = await readSettings(values);
  const { child, url: sidecar } = await startSidecar(settings);
  const front = settings.throughPicker
    ? await startPickerFront(Number(sidecar.port), Number(settings.prefill.port))
    : undefined;
  const url = front?.url ?? sidecar;
  try {
    const cases = await casesOf(Number(values.prompts), values['every-mode'], settings);
    const { title } = settings.evidence;
    say(line(['#', 'API', 'answer', 'tokens', 'split ms', 'alone ms', title]) + '  result');
    let wrong = 0;
    for (const [index, one] of cases.entries()) {
      if (!report(index + 1, await compare(one, settings, url), settings)) wrong++;
    }
    wrong += await others(settings, url);
    say(`\n${cases.length} split requests, ${wrong} wrong`);
    return wrong === 0 ? 0 : 1;
  } finally {
    await front?.stop();
    child.kill('SIGTERM');
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text =
      error instanceof Missing || error instanceof NoMetric
        ? error.message
        : String((error as Error).stack ?? error);
    process.stderr.write(`test:vllm: ${text}\n`);
    process.exit(1);
  },
);
