import { describe, expect, it } from '@jest/globals';
import { pod } from '../../test/support/pool-stub.js';
import type { PoolPod } from '../kubernetes/inference-pool.js';
import { AllowedHosts } from './allowed-hosts.js';

const IP = '10.0.0.1';

describe(AllowedHosts.name, () => {
  const change = (
    hosts: AllowedHosts,
    removed: readonly PoolPod[],
    added: readonly PoolPod[],
  ): string[] =>
    hosts
      .apply({ number: 1, removed, added, targetPorts: [] })
      .map((one) => `${one.change} ${one.address} ${one.pod}`);

  it('names the pods that share an address, some of them if they are many', () => {
    const hosts = new AllowedHosts(false);
    const pods = Array.from({ length: 12 }, (_, i) => pod(`p${i}`, IP));
    expect(change(hosts, [], pods.slice(0, 2))).toEqual([`added ${IP} p0, p1`]);
    expect(change(hosts, [], pods.slice(2))).toEqual([
      `updated ${IP} p0, p1, p2, p3, p4, p5, p6, p7 and 4 more`,
    ]);
    expect(change(hosts, pods.slice(1), [])).toEqual([`updated ${IP} p0`]);
    expect(change(hosts, pods.slice(0, 1), [])).toEqual([`removed ${IP} p0`]);
    expect(hosts.size).toBe(0);
  });

  it('says nothing about an address that a pod keeps', () => {
    const hosts = new AllowedHosts(false);
    const [a, b] = [pod('a', IP), pod('b', IP)];
    change(hosts, [], [a, b]);
    const both = { ...a, ips: [IP, 'fd00::1'] };
    expect(change(hosts, [a], [both])).toEqual(['added fd00::1 a']);
    expect(change(hosts, [both], [{ ...a, ready: false }])).toEqual(['removed fd00::1 a']);
    expect(hosts.hasAddress(IP)).toBe(true);
  });

  it('leaves out the addresses of a pod that moves into the network of its node', () => {
    const hosts = new AllowedHosts(false);
    const a = pod('a', IP);
    const host = { ...a, hostNetwork: true };
    change(hosts, [], [a]);
    expect(change(hosts, [a], [host])).toEqual([`removed ${IP} a`]);
    expect(hosts.addressesOf('a')).toEqual([]);
    expect(change(hosts, [host], [])).toEqual([]);
    expect(hosts.addressesOf('a')).toBeUndefined();
  });
});
