import { memberOf, type Answer, type Ask } from './ask.js';

/** `ok` and `no` are answers; `unknown`: it could not be found out; `fault`: a router could not use the worker. */
export type State = 'ok' | 'no' | 'unknown' | 'fault';

export interface Finding {
  readonly check: string;
  readonly state: State;
  readonly detail: string;
}

/** What is known of a worker. */
export interface Report {
  readonly url: string;
  readonly findings: readonly Finding[];
  readonly models: readonly string[];
  readonly needsKey: boolean;
  /** Data-parallel ranks, where it told. */
  readonly ranks: number | undefined;
  /** It answered with parameters of a KV transfer. */
  readonly transfersKv: boolean;
  readonly usable: boolean;
}

const PROMPT = 'Hi';
const NO_RANK = 99_999;
/** Seconds that clocks may differ: the Date field has whole ones. */
const CLOCK_SECONDS = 5;

/** Asks a worker all that can be asked without disturbing others: three requests of a token or two, and one that it must refuse, are among it. */
export async function examine(url: string, ask: Ask): Promise<Report> {
  const health = await ask({ path: '/health' });
  if (health.status === 0) {
    const detail = health.fault ?? '';
    return nothing(url, [{ check: 'reachable', state: 'fault', detail }]);
  }
  const answers = await askAll(ask);
  const models = modelsIn(answers.models);
  const ranks = ranksIn(answers.rank);
  const transfersKv = isObject(memberOf(answers.transfer.text, 'kv_transfer_params'));
  const needsKey = [401, 403].includes(answers.open.status);
  const findings: Finding[] = [
    { check: 'reachable', state: 'ok', detail: clockOf(health) },
    reached('health', health, 'fault', 'answers GET /health'),
    keyFinding(needsKey, answers.models),
    modelsFinding(models, answers.models),
    streamFinding(answers.stream),
    engine(answers.version, answers.metrics),
    loadFinding(answers.load),
    reached('tokenize', answers.tokens, 'no', 'POST /tokenize works'),
    rankFinding(answers.rank, ranks),
    transferFinding(answers.transfer, transfersKv),
    { check: 'kv events', state: 'unknown', detail: KV_EVENTS },
  ];
  const usable = !findings.some(({ state }) => state === 'fault');
  return { url, findings, models, needsKey, ranks, transfersKv, usable };
}

const KV_EVENTS = 'HTTP does not show them: see --kv-events-config of the engine';

/** Those for whose sake the model must be known come second. */
async function askAll(ask: Ask) {
  const [open, models, version, load, metrics] = await Promise.all([
    ask({ path: '/v1/models', anonymous: true }),
    ask({ path: '/v1/models' }),
    ask({ path: '/version' }),
    ask({ path: '/load' }),
    ask({ path: '/metrics' }),
  ]);
  const [model] = modelsIn(models);
  const path = '/v1/completions';
  const headers = { 'x-data-parallel-rank': String(NO_RANK) };
  const [stream, tokens, rank, transfer] = await Promise.all([
    ask({ path, body: streamed(model) }),
    ask({ path: '/tokenize', body: { model, prompt: PROMPT } }),
    ask({ path, body: short(model), headers }),
    ask({ path, body: { ...short(model), kv_transfer_params: REMOTE } }),
  ]);
  return { open, models, version, load, metrics, stream, tokens, rank, transfer };
}

function modelsFinding(ids: readonly string[], answer: Answer): Finding {
  const check = 'models';
  if (ids.length > 0) return { check, state: 'ok', detail: ids.join(', ') };
  return { check, state: 'fault', detail: `none in GET /v1/models (${said(answer)})` };
}

function loadFinding(answer: Answer): Finding {
  const check = 'load';
  if (typeof memberOf(answer.text, 'server_load') === 'number') {
    return { check, state: 'ok', detail: 'GET /load tells what is in flight' };
  }
  const detail = `GET /load: ${said(answer)}; only requests from the router itself are counted`;
  return { check, state: 'no', detail };
}

const REMOTE = { do_remote_decode: true, do_remote_prefill: false };

function short(model: string | undefined): object {
  return { model, prompt: PROMPT, max_tokens: 1 };
}

function streamed(model: string | undefined): object {
  const options = { stream: true, stream_options: { include_usage: true } };
  return { ...short(model), max_tokens: 2, ...options };
}

function nothing(url: string, findings: readonly Finding[]): Report {
  const unknown = { models: [], needsKey: false, ranks: undefined, transfersKv: false };
  return { url, findings, usable: false, ...unknown };
}

function modelsIn({ text }: Answer): string[] {
  const data = memberOf(text, 'data');
  if (!Array.isArray(data)) return [];
  return data.flatMap((one: { id?: unknown } | null) =>
    typeof one?.id === 'string' ? [one.id] : [],
  );
}

function keyFinding(needsKey: boolean, withKey: Answer): Finding {
  if (!needsKey) return { check: 'key', state: 'ok', detail: 'none needed' };
  const isTaken = withKey.status === 200;
  const detail = isTaken ? 'needed, and the given one is right' : 'needed: give --api-key KEY';
  return { check: 'key', state: isTaken ? 'ok' : 'fault', detail };
}

function streamFinding(answer: Answer): Finding {
  const check = 'streaming';
  const isStream = answer.type.startsWith('text/event-stream');
  if (answer.status !== 200 || !isStream) {
    // Embedding models answer no completions, and are workers all the same.
    const detail = `POST /v1/completions: ${said(answer)}`;
    return { check, state: 'unknown', detail };
  }
  const ends = answer.text.includes('data: [DONE]');
  const counts = /"usage":\s*\{/.test(answer.text);
  const detail = `${ends ? 'ends with [DONE]' : 'has no [DONE]'}, ${counts ? 'with' : 'without'} usage`;
  return { check, state: ends ? 'ok' : 'fault', detail };
}

function engine(version: Answer, metrics: Answer): Finding {
  const check = 'engine';
  const said = memberOf(version.text, 'version');
  const tells = typeof said === 'string' ? ` ${said}` : '';
  if (/^(?:# TYPE )?vllm:/m.test(metrics.text))
    return { check, state: 'ok', detail: `vLLM${tells}, metrics vllm:*` };
  if (/^(?:# TYPE )?sglang:/m.test(metrics.text))
    return { check, state: 'ok', detail: 'SGLang, metrics sglang:*' };
  return {
    check,
    state: 'unknown',
    detail: `no metrics of vLLM or SGLang${tells && `, version${tells}`}`,
  };
}

/** vLLM refuses a rank that is none with "is out of range [0, N)". */
function ranksIn({ text }: Answer): number | undefined {
  const [, count] = /out of range \[0, (\d+)\)/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count);
}

function rankFinding(answer: Answer, ranks: number | undefined): Finding {
  const check = 'data-parallel ranks';
  if (ranks !== undefined) {
    return { check, state: 'ok', detail: `${ranks}; X-data-parallel-rank is heeded` };
  }
  if (answer.status === 200) {
    return { check, state: 'no', detail: 'X-data-parallel-rank is not heeded' };
  }
  return { check, state: 'unknown', detail: said(answer) };
}

function transferFinding(answer: Answer, transfersKv: boolean): Finding {
  const check = 'KV transfer';
  if (transfersKv) {
    return {
      check,
      state: 'ok',
      detail: 'answers with kv_transfer_params: a connector such as NIXL is there',
    };
  }
  if (answer.status !== 200) return { check, state: 'unknown', detail: said(answer) };
  return {
    check,
    state: 'unknown',
    detail: 'no kv_transfer_params came back: no connector, or one that tells nothing',
  };
}

function clockOf({ clock }: Answer): string {
  if (clock === undefined) return 'does not tell its time';
  const seconds = Math.round((clock - Date.now()) / 1000);
  if (Math.abs(seconds) < CLOCK_SECONDS) return 'its clock is right';
  return `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
}

function reached(check: string, answer: Answer, otherwise: State, detail: string): Finding {
  const isGood = answer.status >= 200 && answer.status < 300;
  return { check, state: isGood ? 'ok' : otherwise, detail: isGood ? detail : said(answer) };
}

function said({ status, fault }: Answer): string {
  return status === 0 ? (fault ?? 'no answer') : `status ${status}`;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
