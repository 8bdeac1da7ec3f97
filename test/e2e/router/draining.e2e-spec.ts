import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeEngine, type EngineBehaviour } from '../../support/fake-engine.js';
import { RawClient, until } from '../../support/raw-client.js';
import { healthy, post } from '../../support/router-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

let router: SidecarProcess | undefined;
let engine: FakeEngine | undefined;
let finish = (): void => undefined;
afterEach(async () => {
  await router?.stop();
  await engine?.stop();
});
const slow: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
  finish = () => response.end('data: 2\n\n');
};
const start = async (...args: readonly string[]): Promise<SidecarProcess> => {
  engine = await FakeEngine.start(healthy(slow));
  router = await SidecarProcess.start(({ data, metrics }) => [
    ...['router', '--worker-urls', `http://${engine!.hostPort}`],
    ...['--port', String(data), '--prometheus-port', String(metrics), ...args],
  ]);
  await until(() => router!.lines.some(({ status }) => status === 'ready'));
  return router;
};
const draining = (): Promise<void> =>
  until(() => router!.lines.some(({ msg }) => msg === 'draining'));

describe('a router that is told to stop', () => {
  it('says so on its open port until the last request has ended', async () => {
    const started = await start();
    const stream = await post(started);
    started.signal('SIGTERM');
    await draining();
    // Longer than anything that might close the port by time.
    await sleep(1500);
    const readiness = await fetch(`${started.url}/readiness`);
    expect([readiness.status, await readiness.json()]).toEqual([
      503,
      { status: 'not_ready', reason: 'shutting down' },
    ]);
    expect((await fetch(`${started.url}/liveness`)).status).toBe(200);
    const refused = await post(started);
    expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
    expect(refused.headers.get('retry-after')).toBe('1');
    finish();
    expect(await stream.text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(await started.exited()).toBe(0);
  });

  it('serves on for --shutdown-accept-secs, each connection one request', async () => {
    const started = await start('--shutdown-accept-secs', '5');
    const idle = await RawClient.connect(Number(new URL(started.url).port));
    started.signal('SIGTERM');
    await draining();
    expect((await fetch(`${started.url}/readiness`)).status).toBe(503);
    const answer = await post(started);
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    // Who asks for nothing meanwhile is let go, and is refused nothing.
    await until(() => idle.ending === 'fin');
    expect((await post(started)).status).toBe(503);
    finish();
    expect(await answer.text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(await started.exited()).toBe(0);
  });

  it('ends with 1 when the grace is over, and cuts what is left', async () => {
    const started = await start('--shutdown-grace-period-secs', '0.5');
    const stream = await post(started);
    started.signal('SIGTERM');
    await expect(stream.text()).rejects.toThrow();
    expect(await started.exited()).toBe(1);
    expect(started.lines.some(({ msg }) => String(msg).includes('what is still open'))).toBe(true);
  });

  it('keeps nobody waiting for a worker that is being added', async () => {
    const started = await start('--worker-startup-timeout-secs', '600');
    const added = fetch(`${started.url}/add_worker?url=http://127.0.0.1:9`, { method: 'POST' });
    await until(() => started.lines.filter(({ msg }) => msg === 'worker added').length === 2);
    started.signal('SIGTERM');
    expect((await added).status).toBe(503);
    expect(await started.exited()).toBe(0);
  });
});
