import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import type { RawAnswer } from '../../support/raw-answer.js';
import { rawExchange, requestBytes } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const DEAD = '127.0.0.1:1';

describe('the choice of a prefiller', () => {
  let fixture: SidecarFixture;
  let second: FakeEngine;

  beforeAll(async () => {
    fixture = await startFixture({ retryBackoff: 5 });
    second = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
  });
  afterAll(async () => {
    await fixture.stop();
    await second.stop();
  });
  beforeEach(() => {
    for (const { requests } of [fixture.prefiller, fixture.decoder, second]) requests.length = 0;
  });

  const ask = (...lines: string[]): Promise<RawAnswer> =>
    rawExchange(fixture.sidecar.port, requestBytes('POST /v1/completions', lines, '{}'));
  const asked = (): number[] => [fixture.prefiller, second].map(({ requests }) => requests.length);
  const one = (): string => fixture.prefiller.hostPort;
  const two = (): string => second.hostPort;

  it.each<[string, () => string[], number[]]>([
    ['a plain value', () => [`x-prefiller-host-port: ${one()}`], [1, 0]],
    ['blanks around it', () => [`x-prefiller-host-port: \t ${one()} \t`], [1, 0]],
    ['an http:// prefix', () => [`x-prefiller-host-port: http://${one()}`], [1, 0]],
    ['an https:// prefix', () => [`x-prefiller-host-port: https://${one()}`], [1, 0]],
    ['a prefix in capitals', () => [`X-PREFILLER-HOST-PORT: HTTP://${one()}`], [1, 0]],
    ['the first of a list', () => [`x-prefiller-host-port: ${two()},${one()}`], [0, 1]],
    ['empty elements', () => [`x-prefiller-host-port: , ,\t,${two()}, ,`], [0, 1]],
    [
      'the first of repeated lines',
      () => [`x-prefiller-host-port: ${two()}`, `x-prefiller-host-port: ${one()}`],
      [0, 1],
    ],
    [
      'a blank line and another',
      () => ['x-prefiller-host-port:', `x-prefiller-host-port: ${two()}`],
      [0, 1],
    ],
    ['the next one of a list', () => [`x-prefiller-host-port: ${DEAD}, ${two()}`], [0, 1]],
    [
      'the next one of repeated lines',
      () => [`x-prefiller-host-port: ${DEAD}`, `x-prefiller-host-port: ${one()}`],
      [1, 0],
    ],
    ['the older header', () => [`x-prefiller-url: http://${one()}`], [1, 0]],
    [
      'the newer header before the older',
      () => [`x-prefiller-url: ${one()}`, `x-prefiller-host-port: ${two()}`],
      [0, 1],
    ],
    [
      'the older header where the newer is blank',
      () => [`x-prefiller-url: ${one()}`, 'x-prefiller-host-port: '],
      [1, 0],
    ],
    ['a name', () => [`x-prefiller-host-port: LocalHost:${fixture.prefiller.port}`], [1, 0]],
    [
      'an IPv4-mapped address',
      () => [`x-prefiller-host-port: [::FFFF:127.0.0.1]:${fixture.prefiller.port}`],
      [1, 0],
    ],
    [
      'the header listed in Connection',
      () => [`x-prefiller-host-port: ${one()}`, 'Connection: x-prefiller-host-port'],
      [1, 0],
    ],
    [
      'sixteen candidates',
      () => [`x-prefiller-host-port: ${Array(16).fill(one()).join()}`],
      [1, 0],
    ],
  ])('takes %s', async (_, lines, counts) => {
    expect((await ask(...lines())).status).toBe(200);
    expect(asked()).toEqual(counts);
    expect(fixture.decoder.last.body.toString()).toContain('kv_transfer_params');
  });

  it.each([
    [['x-prefiller-host-port:']],
    [['x-prefiller-host-port:  ,\t, ']],
    [['x-prefiller-url: ', 'x-prefiller-host-port: ']],
  ])('takes %j for no prefiller at all', async (lines) => {
    expect((await ask(...lines)).status).toBe(200);
    expect(asked()).toEqual([0, 0]);
    expect(fixture.decoder.last.body.toString()).toBe('{}');
  });

  it.each([
    'host',
    'host:',
    ':80',
    'host:0',
    'host:65536',
    'host:080',
    'host:+80',
    'host:-1',
    'host:8e1',
    'host:0x50',
    'host:80 80',
    'h ost:80',
    'user@host:80',
    'user:pw@host:80',
    'host:80@evil',
    'host:80/',
    'host:80/path',
    'host:80?q',
    'host:80#f',
    '//host:80',
    'http:host:80',
    'http://http://host:80',
    'ftp://host:80',
    'file:///etc/passwd',
    'host\\:80',
    'host:80\\@evil',
    'host%00:80',
    'host%2f:80',
    '[::1]',
    '[::1',
    '::1:80',
    '[::1%25lo]:80',
    '[::1%lo]:80',
    '[127.0.0.1]:80',
    '[]:80',
    '2130706433:80',
    '0x7f.1:80',
    '0x7f000001:80',
    '0177.0.0.1:80',
    '127.1:80',
    '127.0.0.1.:80',
    '127.0.0.256:80',
    '1.2.3.4.5:80',
    '0:80',
    'host..x:80',
    '.host:80',
    'host.:80',
    '-host:80',
    'host-:80',
    `${'a'.repeat(64)}:80`,
    `${'a.'.repeat(130)}a:80`,
    '\xe9:80',
    'a\u00a0:80',
    'host:80;x',
    '"host":80',
    'host:80,,bad',
    'good:80, bad',
    'bad, good:80',
    'host\x0b:80',
  ])('refuses %j and asks nobody', async (value) => {
    const answer = await ask(`x-prefiller-host-port: ${value}`);
    expect(answer.status).toBe(400);
    expect(asked()).toEqual([0, 0]);
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it('refuses a second line that does not parse', async () => {
    const answer = await ask(`x-prefiller-host-port: ${one()}`, 'x-prefiller-host-port: bad');
    expect(answer.status).toBe(400);
  });

  it('refuses a bad value of the older header', async () => {
    expect((await ask('x-prefiller-url: http://host/path')).status).toBe(400);
  });

  it('refuses seventeen candidates', async () => {
    const answer = await ask(`x-prefiller-host-port: ${Array(17).fill(one()).join()}`);
    expect(answer.status).toBe(400);
  });

  it('takes a blank connector for none', async () => {
    const lines = [`x-prefiller-host-port: ${one()}`, 'x-connector-protocol: '];
    expect((await ask(...lines)).status).toBe(200);
    expect(fixture.prefiller.last.headers['x-kv-connector']).toBe('nixl');
  });
});

describe('--enable-prefiller-sampling', () => {
  it('asks each of several candidates in turn by chance', async () => {
    const fixture = await startFixture({ enablePrefillerSampling: true });
    const second = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
    try {
      const line = `x-prefiller-host-port: ${fixture.prefiller.hostPort}, ${second.hostPort}`;
      const bytes = requestBytes('POST /v1/completions', [line], '{}');
      for (let i = 0; i < 60; i++) {
        expect((await rawExchange(fixture.sidecar.port, bytes)).status).toBe(200);
      }
      expect(fixture.prefiller.requests.length).toBeGreaterThan(5);
      expect(second.requests.length).toBeGreaterThan(5);
      expect(fixture.decoder.requests).toHaveLength(60);
    } finally {
      await fixture.stop();
      await second.stop();
    }
  });
});
