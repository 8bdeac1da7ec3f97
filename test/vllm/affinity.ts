/**
 * `npm run test:affinity`: does a router's policy send repeats to the vLLM server that holds their prefix?
 *
 * Conversations of several turns go, mixed, through `bin/tandem router` to two or more servers, by the official OpenAI
 * client, streamed and whole in turn. What the servers then say of their prefix caches (`vllm:prefix_cache_hits_total`
 * and `…_queries_total`) is the proof, beside the same conversations with one server alone, which finds all that there is to
 * find, and with `round_robin`. Each run has a `cache_salt` of its own, so that none finds what the one before has left.
 *
 * Of `kv_aware` more is asked: prompts that a server was given behind the router's back go to that server.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { textOf } from './prompt-text.js';

const TANDEM = fileURLToPath(new URL('../../bin/tandem', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 180_000;
const PRIMED = 8;
/** Of what one server alone finds. */
const NEARLY_ALL = 0.95;
/** Servers tell what their caches hold a moment after they have answered. */
const SETTLE_MS = 500;

const HELP = `Usage: npm run test:affinity -- --worker-url URL --worker-url URL [OPTION ...]

Sends conversations through bin/tandem router to vLLM servers that run already, and compares what
their prefix caches say with one server alone and with round_robin.

  --worker-url URL      a vLLM server; two or more (env VLLM_WORKER_URLS, comma separated)
  --policy NAME         a policy to try; may be repeated (default cache_aware)
  --router-flag FLAG    passed on to the router with kv_aware, as --router-flag=--kv-event-source=URL=tcp://…
  --sessions N          conversations (default 6)
  --turns N             questions in each (default 4)
  --model NAME          the model (default the first one that a server lists)
  --help                this text

Exit code 0 when each policy found nearly all that one server alone finds, and kv_aware what it was
not told of, else 1.
`;

interface Options {
  readonly workers: readonly string[];
  readonly routerFlags: readonly string[];
  readonly sessions: number;
  readonly turns: number;
  readonly model: string;
}

/** What the prefix caches of all servers say, in tokens. */
interface Cached {
  readonly hits: number;
  readonly queries: number;
}

interface Outcome extends Cached {
  readonly requests: number;
  /** Of each worker. */
  readonly served: readonly number[];
  /** Of the prompts that servers were given behind the router's back, those that went to their holder. */
  readonly primed?: number;
}

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', timeout: REQUEST_TIMEOUT_MS });
}

class Ended extends Error {}

class Router {
  readonly client: OpenAI;
  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    url: string,
  ) {
    this.client = clientOf(url);
  }

  static async start(policy: string, { workers, routerFlags }: Options): Promise<Router> {
    const [port, ops] = [await freePort(), await freePort()];
    const flags = [`--port=${port}`, `--prometheus-port=${ops}`, `--policy=${policy}`];
    const named = ['--worker-urls', ...workers, ...(policy === 'kv_aware' ? routerFlags : [])];
    const child = spawn(TANDEM, ['router', ...flags, ...named], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const router = new Router(child, `http://127.0.0.1:${port}`);
    await until(async () => {
      if (child.exitCode !== null) throw new Ended(`the router ended with ${child.exitCode}`);
      const { workers: rows } = await json(`http://127.0.0.1:${port}/workers`);
      return (rows as { status: string }[]).every(({ status }) => status === 'ready');
    });
    if (policy === 'kv_aware') {
      await until(async () => {
        const text = await (await fetch(`http://127.0.0.1:${ops}/metrics`)).text();
        const live = text
          .split('\n')
          .filter((line) => /^vllm_router_kv_events_live\{.* 1$/.test(line));
        return live.length === workers.length;
      });
    }
    return router;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(isThere: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const notYet = (error: unknown): false => {
    if (error instanceof Ended) throw error;
    return false;
  };
  while (!(await isThere().catch(notYet))) {
    if (Date.now() > deadline) throw new Error(`not within ${READY_TIMEOUT_MS} ms`);
    await sleep(100);
  }
}

async function json(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

/** @returns the sum of a counter's series */
async function counter(worker: string, name: string): Promise<number> {
  const text = await (await fetch(`${worker}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  if (lines.length === 0) throw new Error(`${worker}/metrics has no ${name}: is it vLLM?`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function read({ workers }: Options): Promise<{ cached: Cached; served: number[] }> {
  const each = (name: string): Promise<number[]> =>
    Promise.all(workers.map((worker) => counter(worker, name)));
  const hits = await each('vllm:prefix_cache_hits_total');
  const queries = await each('vllm:prefix_cache_queries_total');
  const served = await each('vllm:request_success_total');
  return { cached: { hits: sum(hits), queries: sum(queries) }, served };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** @returns how many of the prompts that a server was given directly went to it again */
async function behindItsBack(router: Router, options: Options): Promise<number> {
  const { workers, model } = options;
  const salt = `primed-${process.pid}-${Date.now()}`;
  let found = 0;
  for (let at = 0; at < PRIMED; at++) {
    const holder = at % workers.length;
    const messages: Message[] = [{ role: 'user', content: textOf(5000 + at, 150) }];
    const body = { model, messages, max_tokens: 2, temperature: 0, cache_salt: salt };
    await ask(clientOf(workers[holder]!), body, false);
    await sleep(SETTLE_MS);
    const before = await read(options);
    await ask(router.client, body, false);
    await sleep(SETTLE_MS);
    const after = await read(options);
    if (after.served[holder]! > before.served[holder]!) found++;
  }
  return found;
}

/** @param client undefined: a router with that policy */
async function run(policy: string, options: Options, client?: OpenAI): Promise<Outcome> {
  const router = client ? undefined : await Router.start(policy, options);
  try {
    const before = await read(options);
    const requests = await talk((client ?? router?.client)!, policy, options);
    await sleep(SETTLE_MS);
    const after = await read(options);
    return {
      requests,
      hits: after.cached.hits - before.cached.hits,
      queries: after.cached.queries - before.cached.queries,
      served: after.served.map((count, at) => count - before.served[at]!),
      ...(router && policy === 'kv_aware' && { primed: await behindItsBack(router, options) }),
    };
  } finally {
    await router?.stop();
  }
}

type Message = OpenAI.ChatCompletionMessageParam;

/** Conversations take turns, as those of many people do. */
async function talk(client: OpenAI, policy: string, options: Options): Promise<number> {
  const { sessions, turns, model } = options;
  const salt = `${policy}-${process.pid}-${Date.now()}`;
  const talks = Array.from({ length: sessions }, (_, session): Message[] => [
    { role: 'user', content: `${session} ${textOf(session, 200)}` },
  ]);
  let requests = 0;
  for (let turn = 0; turn < turns; turn++) {
    for (const session of order(sessions, turn)) {
      const messages = talks[session]!;
      const body = { model, messages, max_tokens: 8, temperature: 0, cache_salt: salt };
      const answer = await ask(client, body, (turn + session) % 2 === 0);
      messages.push({ role: 'assistant', content: answer });
      messages.push({ role: 'user', content: textOf(session + 100 * (turn + 1), 40) });
      requests++;
      // Else the next one could not know yet what this one has left in the cache.
      if (policy === 'kv_aware') await sleep(50);
    }
  }
  return requests;
}

/** Nobody speaks at the same place in each turn: going round would look like affinity. */
function order(sessions: number, turn: number): number[] {
  const place = (session: number): number =>
    Math.imul(session * 31 + turn * 17 + 1, 0x9e3779b1) >>> 0;
  return Array.from({ length: sessions }, (_, session) => session).sort(
    (a, b) => place(a) - place(b),
  );
}

async function ask(
  client: OpenAI,
  body: OpenAI.ChatCompletionCreateParamsNonStreaming,
  isStreamed: boolean,
): Promise<string> {
  if (!isStreamed) return (await client.chat.completions.create(body)).choices[0]!.message.content!;
  let text = '';
  const stream = await client.chat.completions.create({ ...body, stream: true });
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'worker-url': { type: 'string', multiple: true, default: [] },
      policy: { type: 'string', multiple: true, default: ['cache_aware'] },
      'router-flag': { type: 'string', multiple: true, default: [] },
      sessions: { type: 'string', default: '6' },
      turns: { type: 'string', default: '4' },
      model: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const fromEnvironment = (process.env['VLLM_WORKER_URLS'] ?? '').split(',').filter(Boolean);
  const workers = values['worker-url'].length > 0 ? values['worker-url'] : fromEnvironment;
  if (workers.length < 2)
    throw new Error('give two servers at least: --worker-url URL --worker-url URL');
  const { data } = await json(`${workers[0]!}/v1/models`);
  const options: Options = {
    workers,
    routerFlags: values['router-flag'],
    sessions: Number(values.sessions),
    turns: Number(values.turns),
    model: values.model ?? (data as { id: string }[])[0]!.id,
  };
  const alone = await run('alone', options, clientOf(workers[0]!));
  report('one server alone', alone);
  report('round_robin', await run('round_robin', options));
  let isGood = true;
  for (const policy of values.policy) {
    const outcome = await run(policy, options);
    report(policy, outcome);
    isGood &&= outcome.hits >= NEARLY_ALL * alone.hits && (outcome.primed ?? PRIMED) === PRIMED;
  }
  return isGood ? 0 : 1;
}

function report(what: string, { hits, queries, requests, served, primed }: Outcome): void {
  const rate = ((100 * hits) / queries).toFixed(1);
  process.stdout.write(
    `${what.padEnd(17)} ${requests} requests, served ${served.join(' and ')}; ` +
      `${hits} of ${queries} prompt tokens found in prefix caches (${rate} %)\n`,
  );
  if (primed === undefined) return;
  process.stdout.write(
    `${' '.repeat(18)}${primed} of ${PRIMED} prompts found that a server was given behind the router's back\n`,
  );
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`affinity: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
