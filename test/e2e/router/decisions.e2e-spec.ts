import { afterEach, describe, expect, it } from '@jest/globals';
import { json, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { RawClient } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

const start = async (
  behaviours: readonly EngineBehaviour[],
  config: Parameters<typeof startRouterFixture>[1] = {},
): Promise<string[]> => {
  fixture = await startRouterFixture(behaviours, { prometheusPort: await freePort(), ...config });
  return fixture.router.fleet.all.map(({ id }) => id);
};

interface Shown {
  readonly requestId: string;
  readonly attempts: readonly { readonly ms: number }[];
  readonly [member: string]: unknown;
}
const decisions = async (query = ''): Promise<Shown[]> => {
  const answer = await fetch(`${fixture.opsUrl}/debug/decisions${query}`);
  return ((await answer.json()) as { decisions: Shown[] }).decisions;
};
/** A request is noted when its connection is told of its end, which may be after the client was. */
const noted = async (count: number): Promise<Shown[]> => {
  for (;;) {
    const shown = await decisions();
    if (shown.length >= count) return shown;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const explained = (answer: Response): Record<string, unknown> =>
  JSON.parse(answer.headers.get('x-router-decision')!) as Record<string, unknown>;
const asking = { 'x-router-explain': '1' };
const CHAT = '{"model":"m","messages":[{"role":"user","content":"a text that is long enough"}]}';

describe('/debug/decisions', () => {
  it('tells why each request went where it went, the newest one first', async () => {
    const [a, b] = await start([json({}, 503), named('b')], { policy: 'round_robin' });
    await post(fixture, '/v1/chat/completions?key=secret', CHAT, { 'x-request-id': 'one' });
    await post(fixture, '/v1/chat/completions', CHAT, { 'x-request-id': 'two' });
    const [newest, oldest] = await noted(2);
    expect(newest!.requestId).toBe('two');
    expect(oldest).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      requestId: 'one',
      method: 'POST',
      path: '/v1/chat/completions',
      model: 'm',
      policy: 'round_robin',
      worker: b,
      reason: expect.any(String),
      candidates: [{ worker: b, score: null, load: 0 }],
      attempts: [
        { role: 'regular', worker: a, status: 503, error: null, ms: expect.any(Number) },
        { role: 'regular', worker: b, status: 200, error: null, ms: expect.any(Number) },
      ],
      choices: [
        {
          ...{ role: 'regular', policy: 'round_robin', worker: a, reason: expect.any(String) },
          candidates: [
            { worker: a, score: null, load: 0 },
            { worker: b, score: null, load: 0 },
          ],
        },
        expect.objectContaining({ worker: b }),
      ],
      status: 200,
      durationMs: expect.any(Number),
      ttftMs: expect.any(Number),
    });
  });

  it('tells scores where the policy weighs', async () => {
    await start([named('a'), named('b')], { policy: 'cache_aware' });
    await post(fixture, '/v1/chat/completions', CHAT);
    await post(fixture, '/v1/chat/completions', CHAT);
    const [newest] = await noted(2);
    expect(newest).toMatchObject({ policy: 'cache_aware', reason: 'prefix' });
    const { candidates } = newest as unknown as { candidates: { score: number }[] };
    expect(candidates.map(({ score }) => score).sort()).toEqual([0, 1]);
  });

  it('keeps so many, and shows as many as are asked for', async () => {
    await start([named('a')], { decisionLogSize: 3 });
    for (let i = 0; i < 5; i++) {
      await post(fixture, '/v1/completions', '{}', { 'x-request-id': `id-${i}` });
      await noted(Math.min(i + 1, 3));
      while ((await decisions())[0]?.requestId !== `id-${i}`);
    }
    expect((await decisions()).map(({ requestId }) => requestId)).toEqual(['id-4', 'id-3', 'id-2']);
    expect((await decisions('?limit=1')).map(({ requestId }) => requestId)).toEqual(['id-4']);
    expect(await decisions('?limit=0')).toEqual([]);
    const wrong = await fetch(`${fixture.opsUrl}/debug/decisions?limit=x`);
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('limit')]);
  });

  it('tells what went wrong where no worker was asked', async () => {
    await start([]);
    expect((await post(fixture)).status).toBe(503);
    expect(await noted(1)).toMatchObject([
      { policy: null, worker: null, reason: 'no_worker', error: 'no_worker', attempts: [] },
    ]);
  });

  it('is off with a size of 0, and requests go their way', async () => {
    await start([named('a')], { decisionLogSize: 0 });
    expect((await post(fixture)).status).toBe(200);
    const answer = await fetch(`${fixture.opsUrl}/debug/decisions`);
    expect(await answer.json()).toEqual({ decisions: [] });
  });

  it('streams them to those who watch', async () => {
    await start([named('a')]);
    const leaving = new AbortController();
    const { signal } = leaving;
    const stream = await fetch(`${fixture.opsUrl}/debug/decisions/stream`, { signal });
    await post(fixture, '/v1/completions', '{}', { 'x-request-id': 'watched' });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('watched')) text += (await reader.read()).value;
    leaving.abort();
    expect(text).toMatch(/^: .*\n\ndata: \{"decisions":\[\{.*"leftOut":0\}\n\n$/s);
  });
});

describe('x-router-explain', () => {
  it('has the answer say why it came from this worker, in ASCII, and is not sent on', async () => {
    const [a] = await start([named('a')], { policy: 'least_load' });
    const answer = await post(fixture, '/v1/completions', '{"prompt":"é"}', asking);
    expect(explained(answer)).toEqual({
      policy: 'least_load',
      worker: a,
      reason: expect.any(String),
      candidates: [{ worker: a, score: expect.any(Number), load: 0 }],
      attempts: [{ role: 'regular', worker: a, status: 200, error: null, ms: expect.any(Number) }],
    });
    expect(fixture.last().headers).not.toHaveProperty('x-router-explain');
  });

  it('tells of retries, and does so with errors too', async () => {
    const [a] = await start([json({}, 503)], {
      retryMaxRetries: 2,
      policy: 'random',
      healthFailureThreshold: 1000,
    });
    const answer = await post(fixture, '/v1/completions', '{}', asking);
    expect(answer.status).toBe(503);
    expect(explained(answer)).toMatchObject({
      worker: a,
      attempts: [{ status: 503 }, { status: 503 }],
    });
    await fixture.workers[0]!.stop();
    const refused = await post(fixture, '/v1/completions', '{}', asking);
    expect(explained(refused)).toMatchObject({
      attempts: [{ error: 'worker_unreachable' }, { error: 'worker_unreachable' }],
    });
  });

  it('works where nothing was chosen', async () => {
    await start([]);
    const answer = await post(fixture, '/v1/completions', '{}', asking);
    expect([answer.status, explained(answer)]).toMatchObject([
      503,
      { policy: null, worker: null, reason: 'no_worker', candidates: [], attempts: [] },
    ]);
    expect(explained(await post(fixture, '/v1/completions', '[]', asking))).toMatchObject({
      reason: 'bad_json',
    });
  });

  it('is answered only when it is asked for', async () => {
    await start([named('a')]);
    for (const headers of [{}, { 'x-router-explain': '0' }]) {
      const answer = await post(fixture, '/v1/completions', '{}', headers);
      expect(answer.headers.has('x-router-decision')).toBe(false);
    }
  });

  it('stays short, however many workers there are', async () => {
    await start([named('a')]);
    const { fleet } = fixture.router;
    const { spec } = fleet.all[0]!;
    for (let port = 1; port <= 300; port++) {
      const label = `127.0.0.1:${port}`;
      const target = { ...spec.address.target, label };
      fleet.add({ ...spec, address: { ...spec.address, url: `http://${label}`, target } });
    }
    for (const endpoint of fleet.all) endpoint.status = 'ready';
    const answer = await post(fixture, '/v1/completions', '{}', {
      ...asking,
      'x-smg-target-worker': '0',
    });
    expect(answer.headers.get('x-router-decision')!.length).toBeLessThanOrEqual(4096);
    expect(explained(answer)).toMatchObject({
      policy: 'pinned',
      candidatesLeftOut: expect.any(Number),
    });
  });
});

describe('the operations port', () => {
  it('shows the state of the router', async () => {
    const [a] = await start([named('a')], { policy: 'random', queueSize: 7 });
    await post(fixture);
    await noted(1);
    expect(await (await fetch(`${fixture.opsUrl}/debug/state`)).json()).toMatchObject({
      policy: 'random',
      requests: 1,
      queue: { admitted: 0, queued: 0, maxQueued: 7 },
      workers: [{ worker: a, role: 'regular', status: 'ready', breaker: 'closed', started: 1 }],
    });
  });

  it('has a page that loads nothing from elsewhere and runs nothing but its own script', async () => {
    await start([]);
    const answer = await fetch(`${fixture.opsUrl}/`);
    const html = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
    );
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/\b(?:src|href)="(?!data:,|metrics|debug\/)/);
    expect(html).toContain('<noscript>');
  });

  it('takes no orders, and no names of other machines', async () => {
    await start([]);
    const status = async (path: string, init: RequestInit = {}): Promise<number> =>
      (await fetch(fixture.opsUrl + path, init)).status;
    expect(await status('/', { method: 'POST' })).toBe(405);
    expect(await status('/nothing')).toBe(404);
    const client = await RawClient.connect(fixture.router.opsPort);
    client.write('GET /debug/state HTTP/1.1\r\nHost: rebound.example:29000\r\n\r\n');
    expect((await client.answer()).status).toBe(403);
    client.destroy();
  });
});
