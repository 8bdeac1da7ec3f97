import { describe, expect, it } from '@jest/globals';
import { SilentLogger } from '../../logging/silent-logger.js';
import { PeerHost, type Lookup } from './peer-host.js';

/** A clock that stands, and look-ups that are answered by hand. */
function setUp(name = 'prefill-0.example') {
  const counted: string[] = [];
  const asked: PromiseWithResolvers<readonly string[]>[] = [];
  const logger = new SilentLogger();
  const clock = { now: 1000 };
  const lookup: Lookup = () => {
    const answer = Promise.withResolvers<readonly string[]>();
    asked.push(answer);
    return answer.promise;
  };
  const host = new PeerHost(name, {
    ttl: 30_000,
    timeout: 20,
    counters: {
      dnsReresolved: () => counted.push('reresolved'),
      dnsAddressChanged: () => counted.push('changed'),
      dnsLookupFailed: () => counted.push('failed'),
    },
    logger,
    lookup,
    now: () => clock.now,
  });
  return { host, clock, counted, asked, logger };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function resolved(...addresses: string[]) {
  const all = setUp();
  const done = all.host.resolve();
  all.asked[0]!.resolve(addresses);
  await done;
  return all;
}

describe(PeerHost.name, () => {
  it.each(['10.0.0.1', 'fd00::1'])('asks nobody for the address %s', async (ip) => {
    const { host, clock, asked } = setUp(ip);
    await host.resolve();
    clock.now += 60_000;
    expect([host.address, asked.length]).toEqual([ip, 0]);
  });

  it('prefers IPv4, else takes what comes first', async () => {
    expect((await resolved('fd00::1', '10.0.0.1', '10.0.0.2')).host.address).toBe('10.0.0.1');
    expect((await resolved('fd00::2', 'fd00::1')).host.address).toBe('fd00::2');
  });

  it('says at start why there is no address', async () => {
    const { host, asked } = setUp();
    const none = host.resolve();
    asked[0]!.resolve([]);
    await expect(none).rejects.toThrow('it has no address');
    const failed = host.resolve();
    asked[1]!.reject(new Error('getaddrinfo ENOTFOUND'));
    await expect(failed).rejects.toThrow('ENOTFOUND');
    await expect(host.resolve()).rejects.toThrow('no answer in 20 ms');
  });

  it('resolves by the system', async () => {
    const { logger } = setUp();
    const counters = { dnsReresolved() {}, dnsAddressChanged() {}, dnsLookupFailed() {} };
    const host = new PeerHost('localhost', { ttl: 1, timeout: 5000, counters, logger });
    await host.resolve();
    expect(['127.0.0.1', '::1']).toContain(host.address);
  });

  it('gives an old address while it asks for a new one, once for all', async () => {
    const { host, clock, asked, counted } = await resolved('10.0.0.1');
    clock.now += 29_999;
    expect([host.address, asked.length]).toEqual(['10.0.0.1', 1]);
    clock.now += 1;
    expect([host.address, host.address, asked.length]).toEqual(['10.0.0.1', '10.0.0.1', 2]);
    asked[1]!.resolve(['10.0.0.9']);
    await turn();
    expect([host.address, asked.length]).toEqual(['10.0.0.9', 2]);
    expect(counted).toEqual(['reresolved', 'changed']);
  });

  it('counts no change where there is none', async () => {
    const { host, clock, asked, counted } = await resolved('10.0.0.1');
    clock.now += 30_000;
    void host.address;
    asked[1]!.resolve(['10.0.0.1']);
    await turn();
    expect(counted).toEqual(['reresolved']);
  });

  it('keeps the last address when a look-up fails, and asks again a TTL later', async () => {
    const { host, clock, asked, counted } = await resolved('10.0.0.1');
    clock.now += 30_000;
    void host.address;
    asked[1]!.reject(new Error('SERVFAIL'));
    await turn();
    expect([host.address, asked.length]).toEqual(['10.0.0.1', 2]);
    clock.now += 30_000;
    expect([host.address, asked.length]).toEqual(['10.0.0.1', 3]);
    expect(counted).toEqual(['failed']);
  });

  it('starts no second look-up while a late one runs, and uses its answer', async () => {
    const { host, clock, asked, counted } = await resolved('10.0.0.1');
    clock.now += 30_000;
    void host.address;
    while (counted.length === 0) await turn();
    clock.now += 60_000;
    expect([host.address, asked.length]).toEqual(['10.0.0.1', 2]);
    asked[1]!.resolve(['10.0.0.2']);
    await turn();
    expect(host.address).toBe('10.0.0.2');
    expect(counted).toEqual(['failed', 'changed']);
  });
});
