import { beforeEach, describe, expect, it } from '@jest/globals';
import { pod, PoolStub } from '../../test/support/pool-stub.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { parseTarget, type Target } from '../endpoint/target.js';
import { AllowlistHealth } from './allowlist.health.js';
import { NameResolver } from './name-resolver.js';
import { PoolAllowlist, type PoolAllowlistOptions } from './pool-allowlist.js';

describe(PoolAllowlist.name, () => {
  let pool: PoolStub;
  let logger: RecordingLogger;
  let asked: string[];
  let dns: Record<string, string[]>;
  beforeEach(() => {
    pool = new PoolStub();
    logger = new RecordingLogger();
    asked = [];
    dns = {};
  });

  const make = (options: Partial<PoolAllowlistOptions> = {}): PoolAllowlist => {
    const resolver = new NameResolver((name) => {
      asked.push(name);
      const found = Object.hasOwn(dns, name) ? dns[name] : undefined;
      return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
    });
    return new PoolAllowlist(pool, resolver, logger, {
      checkPorts: false,
      maxStaleness: 0,
      ...options,
    });
  };
  const target = (text: string): Target => parseTarget(text)!;
  const check = async (allowlist: PoolAllowlist, text: string): Promise<string> => {
    const verdict = await allowlist.check(target(text));
    if (!verdict.allowed) return verdict.reason;
    expect(allowlist.stillAllows(verdict.target)).toBe(true);
    return (verdict.target.addresses ?? [verdict.target.host]).join();
  };
  const lines = (): string[] =>
    logger.lines.map(
      ({ message, fields }) =>
        `${message} ${String(fields['address'] ?? '')} ${String(fields['pod'] ?? '')}`,
    );

  it('allows nothing before the pool is read, and is not ready', async () => {
    const allowlist = make();
    const health = new AllowlistHealth(allowlist);
    expect(await check(allowlist, '10.0.0.1:1')).toBe('the allowlist is not filled yet');
    expect(allowlist.stillAllows(target('10.0.0.1:1'))).toBe(false);
    expect(health.check()).toEqual({ ready: false, message: 'the allowlist is not filled yet' });
    pool.set([pod('a', '10.0.0.1')]);
    expect(await check(allowlist, '10.0.0.1:1')).toBe('10.0.0.1');
    expect(health.check()).toEqual({ ready: true });
  });

  it('takes over what was read before it was made', async () => {
    pool.set([pod('a', '10.0.0.1')]);
    expect(await check(make(), '10.0.0.1:1')).toBe('10.0.0.1');
  });

  it('allows every address of a pod at any port, and nothing else', async () => {
    const allowlist = make();
    pool.set([pod('a', '10.0.0.1', { ips: ['10.0.0.1', 'fd00::1'] })]);
    expect(await check(allowlist, '10.0.0.1:65535')).toBe('10.0.0.1');
    expect(await check(allowlist, '[FD00:0:0::1]:1')).toBe('fd00::1');
    expect(await check(allowlist, '[::ffff:10.0.0.1]:1')).toBe('10.0.0.1');
    for (const other of ['10.0.0.2:1', '[fd00::2]:1', '127.0.0.1:1', '[::]:1', '0.0.0.0:1']) {
      expect(await check(allowlist, other)).toBe('not in the allowlist');
    }
    expect(asked).toEqual([]);
  });

  it('takes a pod name for the addresses of the pod, without DNS', async () => {
    const allowlist = make();
    dns['prefill-0'] = ['127.0.0.1'];
    pool.set([pod('prefill-0', '10.0.0.1', { ips: ['10.0.0.1', 'fd00::1'] })]);
    expect(await check(allowlist, 'PREFILL-0:1')).toBe('10.0.0.1,fd00::1');
    expect(asked).toEqual([]);
  });

  it('resolves another name once and allows it if all its addresses are allowed', async () => {
    const allowlist = make();
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.2')]);
    dns['good'] = ['10.0.0.1', '10.0.0.2'];
    dns['mixed'] = ['10.0.0.1', '169.254.169.254'];
    dns['mapped'] = ['::ffff:10.0.0.1'];
    dns['zoned'] = ['fe80::1%eth0'];
    expect(await check(allowlist, 'good:1')).toBe('10.0.0.1,10.0.0.2');
    expect(await check(allowlist, 'mapped:1')).toBe('10.0.0.1');
    const refused = 'the name resolves to an address that is not in the allowlist';
    expect(await check(allowlist, 'mixed:1')).toBe(refused);
    expect(await check(allowlist, 'zoned:1')).toBe('the name does not resolve');
    expect(await check(allowlist, '__proto__:1')).toBe('the name does not resolve');
    expect(asked).toEqual(['good', 'mapped', 'mixed', 'zoned', '__proto__']);
  });

  it('refuses a name while too many others are being resolved', async () => {
    const stuck = new NameResolver(() => new Promise(() => undefined), 50);
    const allowlist = new PoolAllowlist(pool, stuck, logger, {
      checkPorts: false,
      maxStaleness: 0,
    });
    pool.set([pod('a', '10.0.0.1')]);
    const waiting = Array.from({ length: 66 }, (_, i) => allowlist.check(target(`n${i}:1`)));
    expect(allowlist.check(target('one-more:1'))).toEqual({
      allowed: false,
      reason: 'too many names are being resolved',
    });
    expect(allowlist.check(target('a:1'))).toMatchObject({ allowed: true });
    await Promise.all(waiting.map((one) => Promise.resolve(one)));
  });

  it('asks again for what was allowed once', async () => {
    const allowlist = make();
    pool.set([pod('a', '10.0.0.1')]);
    const verdict = await allowlist.check(target('a:1'));
    pool.set([pod('a', '10.0.0.9')]);
    expect(verdict.allowed && allowlist.stillAllows(verdict.target)).toBe(false);
    expect(await check(allowlist, 'a:1')).toBe('10.0.0.9');
  });

  it('allows only the ports of the pool when it is to check them', async () => {
    const allowlist = make({ checkPorts: true });
    pool.set([pod('a', '10.0.0.1')], [8000, 8001]);
    expect(await check(allowlist, '10.0.0.1:8001')).toBe('10.0.0.1');
    expect(await check(allowlist, '10.0.0.1:8002')).toBe('not a port of the pool');
    expect(await check(allowlist, 'a:22')).toBe('not a port of the pool');
    expect(allowlist.stillAllows(target('10.0.0.1:22'))).toBe(false);
    pool.set([pod('a', '10.0.0.1')], []);
    expect(await check(allowlist, '10.0.0.1:8000')).toBe('not a port of the pool');
  });

  it('allows pods in the network of their node only if it checks ports', async () => {
    const pods = [pod('host', '10.0.0.1', { hostNetwork: true })];
    const [any, strict] = [make(), make({ checkPorts: true })];
    pool.set(pods, [8000]);
    expect(await check(any, '10.0.0.1:8000')).toBe('not in the allowlist');
    expect(await check(any, 'host:8000')).toBe('not in the allowlist');
    expect(asked).toEqual([]);
    expect(await check(strict, '10.0.0.1:8000')).toBe('10.0.0.1');
    expect(await check(strict, '10.0.0.1:10250')).toBe('not a port of the pool');
  });

  it('keeps the last set for as long as it may be old', async () => {
    const [forEver, minute] = [make(), make({ maxStaleness: 60_000 })];
    pool.set([pod('a', '10.0.0.1')]);
    pool.ageMs = 60_000;
    expect(await check(minute, '10.0.0.1:1')).toBe('10.0.0.1');
    pool.ageMs = 60_001;
    expect(await check(minute, '10.0.0.1:1')).toBe('the allowlist is too old');
    expect(minute.stillAllows(target('10.0.0.1:1'))).toBe(false);
    expect(new AllowlistHealth(minute).check().ready).toBe(false);
    expect(await check(forEver, '10.0.0.1:1')).toBe('10.0.0.1');
  });

  it('logs each address that comes, changes hands or goes, once', () => {
    const allowlist = make();
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.2')]);
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.2')]);
    pool.set([pod('c', '10.0.0.1'), pod('d', '10.0.0.3')]);
    expect(allowlist.size).toBe(2);
    pool.set([]);
    expect(lines()).toEqual([
      'ssrf: address added 10.0.0.1 a',
      'ssrf: address added 10.0.0.2 b',
      'ssrf: address updated 10.0.0.1 c',
      'ssrf: address added 10.0.0.3 d',
      'ssrf: address removed 10.0.0.2 b',
      'ssrf: address removed 10.0.0.1 c',
      'ssrf: address removed 10.0.0.3 d',
      'ssrf: the allowlist is empty: all prefill targets are refused  ',
    ]);
  });

  it('keeps an address that two pods have as long as one of them is there', async () => {
    const allowlist = make();
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.1')]);
    pool.set([pod('b', '10.0.0.1')]);
    expect(await check(allowlist, '10.0.0.1:1')).toBe('10.0.0.1');
  });
});
