import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlayedRequest } from '../../support/ext-proc-exchange.js';
import { PickerProgram } from '../../support/picker-program.js';

const HOSTS = ['127.0.0.1:8101', '127.0.0.1:8102', '127.0.0.1:8103'];
const FILTER = 'envoy.filters.http.ext_proc';
const MODES = ['FULL_DUPLEX_STREAMED', 'BUFFERED'] as const;
const ROUTES = [
  { name: 'chat-route', model: 'chatty', path_prefix: '/v1/chat' },
  { name: 'completion-route', model: 'wordy', path_prefix: '/v1/completions' },
  { name: 'any-route', model: 'wordy', path_prefix: '/v1/' },
  { name: 'gone-route', model: 'gone', path_prefix: '/gone' },
];

let picker: PickerProgram;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
  const file = join(folder, 'routes.json');
  writeFileSync(file, JSON.stringify(ROUTES));
  picker = await PickerProgram.seed(
    [
      ...['--service-discovery=static', `--static-hosts=${HOSTS.join(',')}`],
      ...['--static-models=chatty,chatty|wordy,wordy', `--route-config=${file}`],
      ...['--routing-logic', 'round_robin'],
    ],
    folder,
  );
});
afterAll(() => picker.stop());

function on(route: string | undefined, path: string, model?: string): PlayedRequest {
  return {
    path,
    ...(route !== undefined && { attributes: { [FILTER]: { 'xds.route_name': route } } }),
    ...(model !== undefined && { body: { model, prompt: 'x', messages: [] } }),
  };
}

/** @returns places of the hosts that get such requests, each in its turn, in the given order */
async function hosts(request: PlayedRequest): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < 2 * HOSTS.length; i++) {
    const { endpoint, immediate, stream } = await picker.ask(request);
    if (immediate) throw new Error(`${immediate.status} ${immediate.body.toString()}`);
    found.push(HOSTS.indexOf(endpoint!));
    stream.halfClose();
  }
  const all = [...new Set(found)].sort();
  const first = all.indexOf(found[0]!);
  expect(found).toEqual(found.map((_, i) => all[(first + i) % all.length]));
  return all;
}

async function refusal(request: PlayedRequest): Promise<readonly [number, string]> {
  const { immediate } = await picker.ask(request);
  if (!immediate) throw new Error('it is not refused');
  expect(immediate.headers['content-type']).toBe('application/json');
  expect(immediate.headers['x-llm-d-request-dropped-reason']).toBeUndefined();
  const { error } = JSON.parse(immediate.body.toString()) as { error: { message: string } };
  return [immediate.status, error.message];
}

describe.each(MODES)('routes.json, in mode %s', (mode) => {
  it('finds the route by its name', async () => {
    const chat = { mode, ...on('chat-route', '/v1/chat/completions', 'chatty') };
    expect(await hosts(chat)).toEqual([0, 1]);
    const completion = { mode, ...on('completion-route', '/v1/completions?a=b', 'wordy') };
    expect(await hosts(completion)).toEqual([1, 2]);
  });

  it('finds it by the longest prefix where the proxy tells none that is known', async () => {
    for (const name of [undefined, '', 'unknown']) {
      const wrong = { mode, ...on(name, '/v1/chat/completions', 'wordy') };
      expect(await refusal(wrong)).toEqual([400, expect.stringContaining('wordy')]);
      expect(await hosts({ mode, ...on(name, '/v1/chat/completions', 'chatty') })).toEqual([0, 1]);
      const any = { mode, ...on(name, '/v1/embeddings', 'chatty') };
      expect(await refusal(any)).toEqual([400, expect.stringContaining('chatty')]);
    }
  });

  it('lets the model alone decide where there is no route', async () => {
    const of = (model: string) => ({ mode, ...on(undefined, '/v2/chat/completions', model) });
    expect(await hosts(of('chatty'))).toEqual([0, 1]);
    expect(await hosts(of('wordy'))).toEqual([1, 2]);
    expect(await refusal(of('nobody'))).toEqual([400, 'Model nobody not found.']);
  });

  it('answers 404 for a path that is not of the named route', async () => {
    for (const body of ['chatty', undefined]) {
      const outside = { mode, ...on('chat-route', '/v1/completions', body) };
      expect(await refusal(outside)).toEqual([404, expect.stringContaining('/v1/completions')]);
    }
  });

  it('answers 400 for another model than that of the route, and names it', async () => {
    const named = { mode, ...on('chat-route', '/v1/chat/completions', 'wordy') };
    expect(await refusal(named)).toEqual([400, expect.stringContaining('wordy')]);
  });

  it('answers 400 for a model that no host serves', async () => {
    const gone = { mode, ...on('gone-route', '/gone/v1/completions', 'gone') };
    expect(await refusal(gone)).toEqual([400, 'Model gone not found.']);
  });

  it('answers 400 for a body without a model, on any route and on none', async () => {
    for (const path of ['/v1/chat/completions', '/v1/completions', '/other/v1/completions']) {
      const missing = { mode, path, body: { messages: [], prompt: 'x' } };
      expect(await refusal(missing)).toEqual([400, expect.stringContaining("missing 'model'")]);
    }
    const broken = { mode, path: '/v1/completions', body: '{' };
    expect(await refusal(broken)).toEqual([400, expect.stringContaining('JSON')]);
  });
});

describe('a GET with routes.json', () => {
  it('goes to the hosts of the model of its route, or to any', async () => {
    expect(await hosts(on('chat-route', '/v1/chat/x'))).toEqual([0, 1]);
    expect(await hosts(on(undefined, '/v1/models'))).toEqual([1, 2]);
    expect(await hosts(on(undefined, '/version'))).toEqual([0, 1, 2]);
  });

  it('finds nobody where no host serves the model of its route', async () => {
    expect(await refusal(on('gone-route', '/gone/x'))).toEqual([400, 'Model gone not found.']);
  });
});

describe.each(['STREAMED', 'NONE'] as const)('routes.json, in mode %s', (mode) => {
  it('decides by the model of the route, as no body is there yet', async () => {
    const chat = { mode, ...on('chat-route', '/v1/chat/completions', 'chatty') };
    expect(await hosts(chat)).toEqual([0, 1]);
  });
});
