import { afterEach, describe, expect, it } from '@jest/globals';
import { json, type EngineBehaviour } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

/** No probe makes a worker ready again that a test has made unready. */
const UNDISTURBED = { healthCheckIntervalSecs: 3_600_000 };

interface Row {
  url: string;
  id: string;
  load: number;
  dp_rank?: number;
  dp_size?: number;
  circuit_breaker: string;
}

async function rows(): Promise<Row[]> {
  const list = (await (await fetch(`${fixture.url}/workers`)).json()) as { workers: Row[] };
  return list.workers;
}

async function update(at: number, change: object): Promise<number> {
  const url = `${fixture.url}/workers/http://${fixture.workers[at]!.hostPort}`;
  return (await fetch(url, { method: 'PUT', body: JSON.stringify(change) })).status;
}

/** Answers when it is let go. */
function waiting(): { behaviour: EngineBehaviour; letGo(): void } {
  let open: (() => void)[] = [];
  return {
    behaviour: (response, request) => {
      open.push(() => void json({})(response, request));
    },
    letGo: () => {
      for (const answer of open) answer();
      open = [];
    },
  };
}

describe('sessions', () => {
  it('are named by the headers that --session-headers names, in any case', async () => {
    const workers = ['a', 'b', 'c', 'd'].map(named);
    const sessions = { policy: 'consistent_hash', sessionHeaders: ['X-My-Session'] };
    fixture = await startRouterFixture(workers, sessions);
    for (let i = 0; i < 12; i++) {
      await post(fixture, '/v1/completions', `{"prompt":"${i}"}`, { 'x-my-session': 'one' });
    }
    expect(fixture.asked().filter((times) => times > 0)).toEqual([12]);
  });
});

describe('priority', () => {
  it('is no matter where a request names its worker', async () => {
    fixture = await startRouterFixture([named('high'), named('low')], UNDISTURBED);
    expect(await update(0, { priority: 90 })).toBe(202);
    const pinned = await post(fixture, '/v1/completions', '{}', { 'x-smg-target-worker': '1' });
    expect(await pinned.json()).toEqual({ worker: 'low' });
  });

  it('lets lower tiers take over when the higher one is saturated, or gone', async () => {
    const high = waiting();
    fixture = await startRouterFixture([high.behaviour, named('low')], {
      tierMaxLoad: 3,
      ...UNDISTURBED,
    });
    expect(await update(0, { priority: 90, labels: { max_load: '2' } })).toBe(202);
    const first = [post(fixture), post(fixture)];
    await until(() => fixture.asked()[0] === 2);
    expect(await (await post(fixture)).json()).toEqual({ worker: 'low' });
    high.letGo();
    await Promise.all(first);
    const again = post(fixture);
    await until(() => fixture.asked()[0] === 3);
    high.letGo();
    await again;
    fixture.router.fleet.all[0]!.status = 'not_ready';
    expect(await (await post(fixture)).json()).toEqual({ worker: 'low' });
  });
});

describe('a pin', () => {
  it('sends a request to the worker that it names, whatever the policy', async () => {
    fixture = await startRouterFixture([named('a'), named('b'), named('c')]);
    const [, , { url, id }] = (await rows()) as [Row, Row, Row];
    for (const pin of ['2', url, `${url}/`, id]) {
      const headers = { 'x-smg-target-worker': pin };
      const answer = await post(fixture, '/v1/completions', '{"prompt":"x"}', headers);
      expect([pin, await answer.json()]).toEqual([pin, { worker: 'c' }]);
    }
  });

  it('counts for nothing where that worker takes no requests, or is none', async () => {
    fixture = await startRouterFixture([named('a'), named('b')], UNDISTURBED);
    fixture.router.fleet.all[1]!.status = 'not_ready';
    for (const pin of ['1', '7', 'http://nowhere:1', '']) {
      const headers = { 'x-smg-target-worker': pin };
      const answer = await post(fixture, '/v1/completions', '{"prompt":"x"}', headers);
      expect([pin, await answer.json()]).toEqual([pin, { worker: 'a' }]);
    }
  });
});

describe('data-parallel ranks', () => {
  it('are workers of their own, told by one header', async () => {
    fixture = await startRouterFixture([json({ ok: true })], { dataParallelSize: 3 });
    expect((await rows()).map(({ dp_rank, dp_size }) => [dp_rank, dp_size])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    for (let i = 0; i < 6; i++) await post(fixture);
    const asked = fixture.workers[0]!.requests.filter(({ url }) => url === '/v1/completions');
    expect(asked.map(({ headers }) => headers['x-data-parallel-rank'])).toEqual([
      '0',
      '1',
      '2',
      '0',
      '1',
      '2',
    ]);
  });

  it('may be pinned by a client', async () => {
    fixture = await startRouterFixture([json({ ok: true })], { dataParallelSize: 3 });
    const headers = { 'X-Data-Parallel-Rank': '1' };
    for (let i = 0; i < 3; i++) await post(fixture, '/v1/completions', '{"prompt":"x"}', headers);
    const asked = fixture.workers[0]!.requests.filter(({ url }) => url === '/v1/completions');
    const lines = asked.map(({ rawHeaders }) =>
      rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === 'x-data-parallel-rank'),
    );
    expect(lines).toEqual([['1'], ['1'], ['1']]);
  });

  it('go together when their server goes', async () => {
    fixture = await startRouterFixture([json({ ok: true })]);
    const url = 'http://127.0.0.1:9';
    const answer = await fetch(`${fixture.url}/workers`, {
      method: 'POST',
      body: JSON.stringify({ url, dp_size: 2 }),
    });
    const { worker_id: id } = (await answer.json()) as { worker_id: string };
    expect((await rows()).map((row) => row.url)).toEqual([
      expect.any(String),
      `${url}@0`,
      `${url}@1`,
    ]);
    expect((await fetch(`${fixture.url}/workers/${id}`, { method: 'DELETE' })).status).toBe(202);
    expect(await rows()).toHaveLength(1);
  });
});

describe('panic routing', () => {
  const failing: EngineBehaviour = json({}, 500);
  const config = { cbFailureThreshold: 1, cbTimeoutDurationSecs: 60_000, retryMaxRetries: 1 };

  it('ignores breakers when too few workers are left', async () => {
    fixture = await startRouterFixture([failing, failing], { ...config, panicThreshold: 50 });
    for (let i = 0; i < 6; i++) expect((await post(fixture)).status).toBe(500);
    expect(fixture.asked().every((count) => count > 1)).toBe(true);
    expect((await rows()).map((row) => row.circuit_breaker)).toEqual(['open', 'open']);
    expect(fixture.router.fleet.all.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  it('is off unless asked for: 503 with Retry-After', async () => {
    fixture = await startRouterFixture([failing], config);
    await post(fixture);
    const answer = await post(fixture);
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
  });
});

describe('what servers have in flight of others', () => {
  it('counts for least_load', async () => {
    const loaded: EngineBehaviour = (response, request) =>
      json(request.url === '/load' ? { server_load: 40 } : { worker: 'loaded' })(response, request);
    fixture = await startRouterFixture([loaded, named('idle')], {
      policy: 'least_load',
      loadCheckIntervalSecs: 20,
    });
    // Probes are answered 404 by this fixture: the engine is asked behind it.
    fixture.workers[0]!.behaviour = (response, request) => {
      if (request.url === '/health') response.writeHead(200).end();
      else return loaded(response, request);
    };
    await until(() => fixture.router.fleet.all[0]!.load === 40);
    for (let i = 0; i < 3; i++)
      expect(await (await post(fixture)).json()).toEqual({ worker: 'idle' });
    expect((await rows()).map(({ load }) => load)).toEqual([0, 0]);
  });
});
