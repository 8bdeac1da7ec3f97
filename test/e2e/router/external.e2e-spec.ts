import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
let api: FakeEngine | undefined;
afterEach(async () => {
  await fixture.stop();
  await api?.stop();
  api = undefined;
});

/** As OpenAI's: a key for everything, nothing but /v1. */
const openAi: EngineBehaviour = (response, request) => {
  if (request.headers.authorization !== 'Bearer theirs') return json({}, 401)(response, request);
  if (request.url === '/api/v1/models') {
    return json({ data: [{ id: 'gpt', object: 'model' }] })(response, request);
  }
  const isKnown = request.url === '/api/v1/chat/completions';
  return json({ worker: isKnown ? 'external' : 'unknown' }, isKnown ? 200 : 404)(response, request);
};

describe('an API like OpenAI’s behind the router', () => {
  it('is a worker with a key and a path of its own', async () => {
    api = await FakeEngine.start(openAi);
    fixture = await startRouterFixture([named('engine')], { enableIgw: true }, [['tiny']]);
    const url = `http://${api.hostPort}/api`;
    const answer = await fetch(`${fixture.url}/workers`, {
      method: 'POST',
      body: JSON.stringify({ url, runtime: 'openai', api_key: 'theirs' }),
    });
    expect(answer.status).toBe(202);
    await until(() => fixture.router.fleet.find(url)![0].models.length > 0);
    const body = '{"model":"gpt","messages":[],"stream":false}';
    const headers = { authorization: 'Bearer ours' };
    const answered = await post(fixture, '/v1/chat/completions', body, headers);
    expect([answered.status, await answered.json()]).toEqual([200, { worker: 'external' }]);
    const received = api.requests.find(({ method }) => method === 'POST')!;
    expect([received.headers.host, received.body.toString()]).toEqual([api.hostPort, body]);
    const row = await fetch(`${fixture.url}/workers/${url}`);
    expect(await row.json()).toMatchObject({ url, model_id: 'gpt', runtime: 'openai' });
    expect(JSON.stringify(await (await fetch(`${fixture.url}/workers`)).json())).not.toContain(
      'theirs',
    );
    const models = (await (await fetch(`${fixture.url}/v1/models`)).json()) as { data: object[] };
    expect(models.data).toMatchObject([{ id: 'tiny' }, { id: 'gpt' }]);
    const loads = await (await fetch(`${fixture.url}/get_loads`)).json();
    expect(loads).toMatchObject({ workers: [{}, { worker: url, load: null }] });
  });

  it('may be all that there is', async () => {
    api = await FakeEngine.start(openAi);
    fixture = await startRouterFixture([], {
      backend: 'openai',
      workerUrls: [`http://${api.hostPort}/api/`],
      workerApiKey: 'theirs',
    });
    await until(() => fixture.router.fleet.all.every(({ isReady }) => isReady));
    expect((await post(fixture, '/v1/chat/completions')).status).toBe(200);
    expect((await post(fixture, '/v1/completions')).status).toBe(404);
  });

  it('is the only kind of worker that may have a path', async () => {
    fixture = await startRouterFixture([named('a')]);
    const body = JSON.stringify({ url: 'http://127.0.0.1:9/api' });
    const answer = await fetch(`${fixture.url}/workers`, { method: 'POST', body });
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'BAD_REQUEST' }]);
  });
});
