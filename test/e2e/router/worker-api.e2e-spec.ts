import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';
import {
  healthy,
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
beforeEach(async () => {
  fixture = await startRouterFixture([named('first')], { workerStartupTimeoutSecs: 300 });
});
afterEach(() => fixture.stop());

interface Row {
  readonly id: string;
  readonly url: string;
  readonly status: string;
}

const call = async (method: string, path: string, body?: unknown): Promise<[number, object]> => {
  const answer = await fetch(fixture.url + path, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return [answer.status, (await answer.json()) as object];
};
const rows = async (): Promise<Row[]> => {
  const [, list] = await call('GET', '/workers');
  return (list as { workers: Row[] }).workers;
};

describe('the worker API', () => {
  it('lists workers in the shape that clients know', async () => {
    const [worker] = fixture.workers;
    expect(await call('GET', '/workers')).toEqual([
      200,
      {
        workers: [
          {
            id: expect.any(String),
            url: `http://${worker!.hostPort}`,
            model_id: 'unknown',
            priority: 50,
            cost: 1,
            worker_type: 'regular',
            is_healthy: true,
            load: 0,
            connection_mode: 'Http',
            labels: {},
            status: 'ready',
            policy: 'round_robin',
            circuit_breaker: 'closed',
          },
        ],
        total: 1,
        stats: { prefill_count: 0, decode_count: 0, regular_count: 1 },
      },
    ]);
  });

  it('takes a worker at once and uses it when it answers well', async () => {
    const engine = await FakeEngine.start(healthy(named('second')));
    try {
      const url = `http://${engine.hostPort}`;
      const answer = await fetch(`${fixture.url}/workers`, {
        method: 'POST',
        body: JSON.stringify({ url: `${url}/`, model_id: 'm', labels: { tier: 'gold' }, new: 1 }),
      });
      const accepted = (await answer.json()) as { worker_id: string };
      expect([answer.status, accepted]).toMatchObject([202, { status: 'accepted', url }]);
      expect(answer.headers.get('location')).toBe(`/workers/${accepted.worker_id}`);
      await until(() => fixture.router.fleet.find(url)![0].isReady);
      for (const name of [accepted.worker_id, url, encodeURIComponent(url)]) {
        const [status, row] = await call('GET', `/workers/${name}`);
        expect([status, row]).toMatchObject([
          200,
          { url, model_id: 'm', labels: { tier: 'gold' } },
        ]);
      }
      const answers = [await post(fixture), await post(fixture)].map((one) => one.json());
      expect(await Promise.all(answers)).toContainEqual({ worker: 'second' });
    } finally {
      await engine.stop();
    }
  });

  it('shows the job of a worker that does not answer', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await call('POST', '/workers', { url });
    expect(await call('POST', '/workers', { url })).toEqual([
      409,
      { error: `${url} is a worker already`, code: 'WORKER_ALREADY_EXISTS' },
    ]);
    await until(() => fixture.router.fleet.find(url)![0].status === 'failed');
    expect(await call('GET', `/workers/${url}`)).toMatchObject([
      200,
      { status: 'failed', job_status: { status: 'failed', message: /ECONNREFUSED/ } },
    ]);
    expect((await call('POST', '/workers', { url }))[0]).toBe(202);
  });

  it.each([
    ['no JSON', '{', 400, 'BAD_REQUEST'],
    ['no URL', {}, 400, 'BAD_REQUEST'],
    ['a path', { url: 'http://a:1/v1' }, 400, 'BAD_REQUEST'],
    ['another scheme', { url: 'ftp://a:1' }, 400, 'BAD_REQUEST'],
    ['gRPC', { url: 'grpc://a:1' }, 400, 'BAD_REQUEST'],
    ['a wrong type', { url: 'http://a:1', priority: 'high' }, 400, 'BAD_REQUEST'],
    ['a metadata service', { url: 'http://169.254.169.254' }, 403, 'TARGET_FORBIDDEN'],
    ['an unspecified address', { url: 'http://0.0.0.0:1' }, 403, 'TARGET_FORBIDDEN'],
  ])('refuses %s', async (_what, body, status, code) => {
    expect(await call('POST', '/workers', body)).toMatchObject([status, { code }]);
    expect(await rows()).toHaveLength(1);
  });

  it('lets a worker finish what it has before it is gone', async () => {
    let finish = (): void => undefined;
    fixture.workers[0]!.behaviour = healthy((response) => {
      finish = () => response.writeHead(200).end('{"done":true}');
    });
    const answer = post(fixture);
    await until(() => fixture.asked()[0] === 1);
    const [{ id }] = (await rows()) as [Row];
    expect((await call('DELETE', `/workers/${id}`))[0]).toBe(202);
    expect(await rows()).toMatchObject([{ status: 'draining' }]);
    expect((await post(fixture)).status).toBe(503);
    finish();
    expect(await (await answer).json()).toEqual({ done: true });
    await until(() => fixture.router.fleet.all.length === 0);
    expect((await call('GET', `/workers/${id}`))[0]).toBe(404);
    expect((await call('DELETE', `/workers/${id}`))[0]).toBe(404);
  });

  it('speaks the older routes', async () => {
    const engine = await FakeEngine.start(healthy(named('second')));
    const url = `http://${engine.hostPort}`;
    const text = async (path: string): Promise<[number, string]> => {
      const answer = await fetch(fixture.url + path, { method: 'POST' });
      return [answer.status, await answer.text()];
    };
    try {
      expect(await text(`/add_worker?url=${url}`)).toEqual([
        200,
        `Successfully added worker: ${url}`,
      ]);
      const first = `http://${fixture.workers[0]!.hostPort}`;
      expect(await call('GET', '/list_workers')).toEqual([200, { urls: [first, url] }]);
      expect(await text(`/remove_worker?url=${encodeURIComponent(url)}`)).toEqual([
        200,
        `Successfully removed worker: ${url}`,
      ]);
      expect((await text(`/remove_worker?url=${url}`))[0]).toBe(404);
      expect((await text('/add_worker?url=nonsense'))[0]).toBe(400);
      expect((await text('/add_worker'))[1]).toContain('?url=http://HOST:PORT');
      expect((await text('/remove_worker'))[0]).toBe(400);
    } finally {
      await engine.stop();
    }
  });

  it('asks all workers for what is answered as one', async () => {
    const other = await FakeEngine.start(
      healthy((response, { url }) =>
        json(
          url === '/v1/models' ? { data: [{ id: 'a' }, { id: 'b' }] } : { server_load: 7 },
          url === '/reset_prefix_cache' ? 404 : 200,
        )(response, undefined as never),
      ),
    );
    try {
      fixture.workers[0]!.behaviour = healthy((response, { url }) =>
        json(url === '/v1/models' ? { data: [{ id: 'a' }] } : { nothing: true })(
          response,
          undefined as never,
        ),
      );
      const [first, second] = [fixture.workers[0]!, other].map(
        ({ hostPort }) => `http://${hostPort}`,
      );
      await fetch(`${fixture.url}/add_worker?url=${second}`, { method: 'POST' });
      const plain = { object: 'model', created: expect.any(Number), owned_by: 'vllm' };
      expect(await call('GET', '/v1/models')).toEqual([
        200,
        {
          object: 'list',
          data: [
            { ...plain, id: 'a' },
            { ...plain, id: 'b' },
          ],
        },
      ]);
      expect(await call('GET', '/get_loads')).toEqual([
        200,
        {
          workers: [
            { worker: first, load: -1 },
            { worker: second, load: 7 },
          ],
        },
      ]);
      expect(await call('POST', '/flush_cache')).toMatchObject([200, { workers_flushed: 2 }]);
      expect(other.requests.map(({ url }) => url)).toContain('/flush_cache');
      other.behaviour = healthy(json({}, 500));
      expect(await call('POST', '/flush_cache')).toMatchObject([
        206,
        { status: 'partial_success', successful: [first], failed: [{ worker: second }] },
      ]);
    } finally {
      await other.stop();
    }
  });
});
