import type { GenerateApi } from '../../src/openai/api.js';

export const GENERATE_APIS: readonly GenerateApi[] = [
  'chat_completions',
  'completions',
  'responses',
  'messages',
  'generate',
];

type Members = Record<string, unknown>;

/** What a leg must hold, computed on values where the product edits bytes. */
export interface ExpectedPrefill {
  readonly result: Members;
  /** Members that are not as the client sent them. */
  readonly names: ReadonlySet<string>;
}

export function expectedPrefill(
  connector: string,
  api: GenerateApi,
  original: unknown,
): ExpectedPrefill {
  const result = { ...(original as Members) };
  const names = new Set<string>();
  const set = (name: string, value: unknown): void => {
    result[name] = value;
    names.add(name);
  };
  const drop = (name: string): void => {
    delete result[name];
    names.add(name);
  };
  if (api === 'generate') {
    const { sampling_params: sent } = result;
    const isObject = typeof sent === 'object' && sent !== null && !Array.isArray(sent);
    set('sampling_params', limited(isObject ? (sent as Members) : {}, ['max_tokens'], []));
  } else {
    const always = {
      chat_completions: ['max_tokens', 'max_completion_tokens'],
      completions: ['max_tokens'],
      messages: ['max_tokens'],
      responses: ['max_output_tokens'],
    }[api];
    const optional = api === 'responses' ? [] : ['max_completion_tokens'];
    Object.assign(result, limited(result, always, optional));
    drop('best_of');
    for (const name of [...always, ...optional, 'min_tokens', 'n']) names.add(name);
  }
  if (['nixlv2', 'nixl', 'offloading', 'mooncake', 'moriio'].includes(connector)) {
    set('stream', false);
    drop('stream_options');
  }
  drop('kv_transfer_params');
  if (connector === 'nixlv2') {
    set('kv_transfer_params', {
      do_remote_decode: true,
      do_remote_prefill: false,
      remote_engine_id: null,
      remote_block_ids: null,
      remote_host: null,
      remote_port: null,
    });
  }
  if (connector === 'moriio') {
    set('kv_transfer_params', {
      do_remote_decode: true,
      do_remote_prefill: false,
      remote_engine_id: null,
      remote_block_ids: null,
      remote_host: '10.0.1.1',
      remote_port: null,
      remote_notify_port: 61005,
      remote_dp_rank: 0,
      remote_dp_rank_override: true,
      remote_handshake_port: 6301,
      transfer_id: 'txu',
      tp_size: 1,
      remote_dp_size: 1,
    });
  }
  if (connector === 'mooncake') {
    set('kv_transfer_params', {
      do_remote_prefill: false,
      do_remote_decode: true,
      transfer_id: 'ID',
    });
  }
  if (connector === 'shared-storage') set('cache_hit_threshold', 0);
  if (connector === 'nixl') {
    for (const name of ['do_remote_prefill', ...REMOTE]) drop(name);
    set('do_remote_decode', true);
  }
  return { result, names };
}

/** @param answer the prefiller's */
export function expectedDecode(
  connector: string,
  answer: unknown,
): { names: ReadonlySet<string>; apply(original: unknown): Members } {
  const told = answer as Members;
  const edits: Members = {};
  const gone = ['kv_transfer_params'];
  if (connector === 'shared-storage') edits['cache_hit_threshold'] = 0;
  if (connector === 'nixlv2') edits['kv_transfer_params'] = told['kv_transfer_params'];
  if (connector === 'nixl') {
    for (const name of REMOTE) edits[name] = told[name] ?? null;
    edits['do_remote_prefill'] = true;
    gone.push('do_remote_decode');
  }
  return {
    names: new Set([...gone, ...Object.keys(edits)]),
    apply: (original) => {
      const rest = Object.entries(original as Members).filter(([name]) => !gone.includes(name));
      return { ...Object.fromEntries(rest), ...edits };
    },
  };
}

const REMOTE = ['remote_block_ids', 'remote_engine_id', 'remote_host', 'remote_port'];

function limited(sent: Members, always: string[], optional: string[]): Members {
  const result = { ...sent };
  for (const name of always) result[name] = 1;
  for (const name of [...optional, 'min_tokens', 'n']) if (name in result) result[name] = 1;
  delete result['best_of'];
  return result;
}

/**
 * The exact texts of an object's top-level members, blanks between key and value included.
 *
 * @param without names to leave out
 */
export function memberTexts(json: string, without: ReadonlySet<string>): string[] {
  const texts: string[] = [];
  let depth = 0;
  let start = json.indexOf('{') + 1;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  for (const { 0: token, index } of json.matchAll(tokens)) {
    const ends = (depth === 1 && token === ',') || (depth === 1 && token === '}');
    if (ends) {
      texts.push(json.slice(start, index).trim());
      start = index + 1;
    }
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
  }
  return texts.filter((text) => {
    const key = /^"(?:[^"\\]|\\.)*"/.exec(text);
    return key !== null && !without.has(JSON.parse(key[0]) as string);
  });
}
