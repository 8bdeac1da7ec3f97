import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';
import {
  healthy,
  named,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
let engine: FakeEngine;
let url: string;
beforeEach(async () => {
  fixture = await startRouterFixture([named('first')], { workerStartupTimeoutSecs: 300 });
  engine = await FakeEngine.start(healthy(named('second')));
  url = `http://${engine.hostPort}`;
});
afterEach(async () => {
  await fixture.stop();
  await engine.stop();
});

const call = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(fixture.url + path, { method, ...(body && { body: JSON.stringify(body) }) });
const row = async (): Promise<unknown> => (await call('GET', `/workers/${url}`)).json();
const settled = (): Promise<void> =>
  until(() => fixture.router.fleet.find(url)![0].status !== 'pending');

describe('the worker API', () => {
  it('takes null for what is not said', async () => {
    const nothing = { model_id: null, api_key: null, labels: null, bootstrap_port: null };
    expect((await call('POST', '/workers', { url, ...nothing, chat_template: null })).status).toBe(
      202,
    );
    expect(await row()).toMatchObject({ url, labels: {}, priority: 50 });
    expect((await call('PUT', `/workers/${url}`, { priority: null })).status).toBe(202);
    expect((await call('POST', '/workers', { url: null })).status).toBe(400);
  });

  it('refuses a key that would be more than a line of a head', async () => {
    for (const api_key of ['k\r\nX-More: 1', 'k k', 'clé']) {
      expect((await call('POST', '/workers', { url, api_key })).status).toBe(400);
    }
    expect(fixture.router.fleet.find(url)).toBeUndefined();
  });

  it('takes a key away again', async () => {
    await call('POST', '/workers', { url, api_key: 'k' });
    expect(fixture.router.fleet.find(url)![0].spec.apiKey).toBe('k');
    await call('PUT', `/workers/${url}`, { api_key: '' });
    expect(fixture.router.fleet.find(url)![0].spec.apiKey).toBeUndefined();
  });

  it('probes by what is said anew of it from then on', async () => {
    const never = { health_check_interval_secs: 3600 };
    await call('POST', '/workers', { url, ...never });
    await settled();
    engine.behaviour = (response) => void response.writeHead(503).end();
    const soon = { health_check_interval_secs: 0.05, health_failure_threshold: 2 };
    await call('PUT', `/workers/${url}`, soon);
    await until(() => fixture.router.fleet.find(url)![0].status === 'not_ready');
  });

  it('shows a job that is done, and when it was', async () => {
    await call('POST', '/workers', { url });
    await settled();
    const job = { job_type: 'AddWorker', worker_url: url, status: 'completed', message: null };
    const { joined } = fixture.router.fleet.find(url)![0];
    expect(await row()).toMatchObject({ job_status: { ...job, timestamp: joined } });
  });

  it('knows a URL again that names the port its scheme has anyway', async () => {
    const body = { url: 'http://127.0.0.9', disable_health_check: true };
    expect((await call('POST', '/workers', body)).status).toBe(202);
    expect((await call('POST', '/workers', { url: 'http://127.0.0.9:80/' })).status).toBe(409);
  });

  it('keeps its paths from workers, whatever the method', async () => {
    const answers = [
      await call('DELETE', '/workers'),
      await call('PATCH', '/workers/x'),
      await call('GET', '/flush_cache'),
      await call('POST', '/liveness'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([405, 405, 405, 405]);
    expect(answers.map(({ headers }) => headers.get('allow'))).toEqual([
      'GET, HEAD, POST',
      'GET, HEAD, PUT, DELETE',
      'POST',
      'GET, HEAD',
    ]);
    expect(await answers[0]!.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    const slashes = await call('POST', '/workers/', { url, api_key: 'secret' });
    expect(slashes.status).toBe(202);
    expect((await call('GET', '/workers/')).status).toBe(200);
    expect((await call('HEAD', '/workers')).status).toBe(200);
    expect(fixture.asked()).toEqual([0]);
  });

  it('tries one anew that was given up, by the older route too', async () => {
    const dead = `http://127.0.0.1:${await freePort()}`;
    await call('POST', '/workers', { url: dead, max_connection_attempts: 1 });
    await until(() => fixture.router.fleet.find(dead)![0].status === 'failed');
    expect((await call('POST', `/add_worker?url=${dead}`)).status).toBe(503);
    expect(fixture.router.fleet.find(dead)).toBeUndefined();
  });
});
