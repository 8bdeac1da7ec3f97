import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { playAnswer } from '../../support/ext-proc-answer.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { PickerLaunch } from '../../support/picker-launch.js';
import { eventually } from '../../support/picker-program.js';

const EXT_PROC = 'envoy.service.ext_proc.v3.ExternalProcessor';
const NAMES = ['', 'liveness', 'readiness', EXT_PROC, 'inference-extension'];
const CHAT = { model: 'm', messages: [] };
/** Beyond the time in which proxies learn of the end. */
const LATER_MS = 6500;

let launch: PickerLaunch;

beforeEach(() => void (launch = new PickerLaunch()));
afterEach(() => launch.stop());

describe('the health service', () => {
  it('serves every name on both ports, and knows no other', async () => {
    const [, client] = await launch.serve();
    const probe = await launch.connect(launch.healthPort);
    for (const one of [client, probe]) {
      for (const name of NAMES) expect([name, await one.health(name)]).toEqual([name, 'SERVING']);
      for (const name of ['other', 'Liveness', 'x'.repeat(1000)]) {
        expect([5, 'SERVICE_UNKNOWN']).toContain(await one.health(name));
      }
    }
  });

  it('is on the port of the service alone with the command line of seed 003', async () => {
    const picker = await launch.start(['--static-hosts=127.0.0.1:1', '--grpc-health-port=0']);
    await picker.ready();
    const client = await launch.connect(picker.port);
    for (const name of NAMES) expect(await client.health(name)).toBe('SERVING');
  });
});

describe('SIGTERM', () => {
  it('ends a picker without streams at once, with 0', async () => {
    const [picker] = await launch.serve();
    picker.signal('SIGTERM');
    expect(await picker.exited()).toBe(0);
  });

  it('is told to probes at once; streams go on to their end, new ones for a while', async () => {
    const [picker, client] = await launch.serve();
    const probe = await launch.connect(launch.healthPort);
    const stream = client.stream();
    const begun = client.stream();
    await playRequest(stream, { body: CHAT });
    begun.send({ request_headers: { headers: [[':path', '/v1/chat/completions']] } });
    picker.signal('SIGTERM');
    for (const one of [probe, client]) {
      await eventually(
        () => one.health('readiness'),
        (status) => status === 'NOT_SERVING',
      );
      for (const name of ['', 'readiness', EXT_PROC]) {
        expect([name, await one.health(name)]).toEqual([name, 'NOT_SERVING']);
      }
      expect(await one.health('liveness')).toBe('SERVING');
    }
    const late = client.stream();
    expect((await playRequest(late, { path: '/v1/models' })).endpoint).toBe('10.9.0.1:8000');
    late.cancel();
    await setTimeout(LATER_MS);
    const again = await launch.connect(picker.port);
    expect([await probe.health('liveness'), await again.health('liveness')]).toEqual([
      'SERVING',
      'SERVING',
    ]);
    expect(await again.health()).toBe('NOT_SERVING');
    const refused = again.stream();
    refused.send({ request_headers: { headers: [[':path', '/']], end_of_stream: true } });
    // REFUSED_STREAM: a proxy sends it elsewhere.
    expect(await refused.ended()).toEqual({ code: -1, message: 'reset with code 7' });
    begun.send({ request_body: { body: JSON.stringify(CHAT), end_of_stream: true } });
    expect([(await begun.next()).kind, (await begun.next()).kind]).toEqual([
      'request_headers',
      'request_body',
    ]);
    begun.cancel();
    expect((await playAnswer(stream, { chunks: ['a', 'b'] })).body.toString()).toBe('ab');
    expect((await stream.ended()).code).toBe(0);
    expect(await picker.exited()).toBe(0);
  });

  it('lets streams go on for --drain-timeout at the most, and ends with 0', async () => {
    const [picker, client] = await launch.serve(['--drain-timeout=1s']);
    const stream = client.stream();
    await playRequest(stream, { body: CHAT });
    const began = performance.now();
    picker.signal('SIGTERM');
    expect(await picker.exited()).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect((await stream.ended()).code).not.toBe(0);
  });

  it('during the wait for a drain ends the picker at once when it comes again', async () => {
    const [picker, client] = await launch.serve();
    const stream = client.stream();
    await playRequest(stream, { body: CHAT });
    picker.signal('SIGTERM');
    await eventually(
      () => Promise.resolve(picker.stderr),
      (text) => text.includes('"draining"'),
    );
    picker.signal('SIGTERM');
    expect(await picker.exited()).toBe(1);
  });
});
