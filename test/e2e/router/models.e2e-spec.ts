import { afterEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

/** Two workers of model a, one of model b, which say so themselves. */
async function twoModels(config: Parameters<typeof startRouterFixture>[1] = {}): Promise<void> {
  fixture = await startRouterFixture(
    [named('a1'), named('a2'), named('b1')],
    { enableIgw: true, ...config },
    [['a'], ['a'], ['org/b']],
  );
  await until(() => fixture.router.fleet.all.every(({ models }) => models.length > 0));
}

function ask(model: string | undefined, path = '/v1/chat/completions'): Promise<Response> {
  return post(fixture, path, JSON.stringify({ model, messages: [] }));
}

describe('a router that tells models apart', () => {
  it('sends a request to workers of its model alone', async () => {
    await twoModels();
    for (let i = 0; i < 4; i++) expect((await ask('a')).status).toBe(200);
    for (let i = 0; i < 3; i++) expect(await (await ask('org/b')).json()).toEqual({ worker: 'b1' });
    expect(fixture.asked()).toEqual([2, 2, 3]);
  });

  it('answers 404 for a model that nobody serves, in the shape of the API', async () => {
    await twoModels();
    const answer = await ask('c');
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        error: {
          message: expect.stringContaining('GET /v1/models'),
          type: 'NotFoundError',
          param: null,
          code: 'model_not_found',
        },
      },
    ]);
    const anthropic = await ask('c', '/v1/messages');
    expect(await anthropic.json()).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: expect.any(String) },
    });
  });

  it('asks to come back as long as no worker has told its models', async () => {
    fixture = await startRouterFixture([], { enableIgw: true });
    for (const answer of [await ask('a'), await ask(undefined)]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    }
  });

  it('wants a model on every route whose bodies name one', async () => {
    await twoModels();
    for (const path of ['/tokenize', '/v1/messages/count_tokens', '/v1/audio/speech']) {
      expect((await ask(undefined, path)).status).toBe(400);
    }
  });

  it('wants a model where there are several, and takes the only one', async () => {
    await twoModels();
    expect((await ask(undefined)).status).toBe(400);
    const [, , b] = fixture.workers;
    await fetch(`${fixture.url}/workers/http://${b!.hostPort}`, { method: 'DELETE' });
    expect((await ask(undefined)).status).toBe(200);
    expect((await fetch(`${fixture.url}/version`)).status).toBe(200);
  });

  it('has a policy for each model, as the label of its first worker says', async () => {
    fixture = await startRouterFixture([], { enableIgw: true, policy: 'random' });
    const urls = ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:3'];
    const labels = [{ policy: 'power_of_two' }, { policy: 'round_robin' }, { policy: 'nonsense' }];
    const models = ['m', 'm', 'n'];
    for (const [at, url] of urls.entries()) {
      const body = JSON.stringify({ url, model_id: models[at], labels: labels[at] });
      await fetch(`${fixture.url}/workers`, { method: 'POST', body });
    }
    const list = (await (await fetch(`${fixture.url}/workers`)).json()) as {
      workers: { policy: string }[];
    };
    expect(list.workers.map(({ policy }) => policy)).toEqual([
      'power_of_two',
      'power_of_two',
      'random',
    ]);
    expect(fixture.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('label policy') }),
    );
  });

  it('reads the model of a form, and puts its own name in place of an alias', async () => {
    await twoModels({ modelAlias: ['whisper=org/b'] });
    const form = new FormData();
    form.set('file', new Blob(['x'.repeat(2_000_000)]), 'audio.wav');
    form.set('model', 'whisper');
    const url = `${fixture.url}/v1/audio/transcriptions`;
    const answer = await fetch(url, { method: 'POST', body: form });
    expect(await answer.json()).toEqual({ worker: 'b1' });
    const received = fixture.workers[2]!.requests.find(({ method }) => method === 'POST')!;
    expect(received.body.includes('name="model"\r\n\r\norg/b\r\n')).toBe(true);
    expect(received.headers['content-length']).toBe(String(received.body.length));
  });

  it('lists all models with their aliases, and one by its id', async () => {
    await twoModels({ modelAlias: ['gpt=org/b', 'nobody=none'] });
    const list = await fetch(`${fixture.url}/v1/models`);
    const ids = ((await list.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(ids).toEqual(['a', 'org/b', 'gpt']);
    for (const [id, status] of [
      ['org/b', 200],
      ['org%2Fb', 200],
      ['gpt', 200],
      ['x', 404],
    ] as const) {
      expect([id, (await fetch(`${fixture.url}/v1/models/${id}`)).status]).toEqual([id, status]);
    }
  });
});

describe('an alias', () => {
  it('changes the bytes of the top-level model and nothing else', async () => {
    fixture = await startRouterFixture([json({ ok: true })], { modelAlias: ['gpt=m/l'] });
    const body =
      '{"n":1.0, "model" : "gpt" ,"messages":[{"model":"gpt"}],"seed":12345678901234567890}';
    expect((await post(fixture, '/v1/chat/completions', body)).status).toBe(200);
    expect(fixture.last().body.toString()).toBe(body.replace('"model" : "gpt"', '"model" : "m/l"'));
  });
});
