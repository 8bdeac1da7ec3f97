import { beforeEach, describe, expect, it } from '@jest/globals';
import { specAt } from '../../test/support/endpoint-spec.js';
import type { Endpoint } from './endpoint.js';
import { Fleet } from './fleet.js';

let fleet: Fleet;
let told: string[];
let endpoint: Endpoint;

beforeEach(() => {
  fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  told = [];
  for (const what of ['added', 'removed', 'forgotten', 'resumed'] as const) {
    fleet.listen({ [what]: ({ id }: Endpoint) => told.push(`${what} ${id}`) });
  }
  endpoint = fleet.add(specAt('http://a:1'))![0];
  told.length = 0;
});

describe('an endpoint of the fleet', () => {
  it('leaves for good, and is forgotten', () => {
    fleet.remove(endpoint);
    expect(told).toEqual(['removed http://a:1', 'forgotten http://a:1']);
    expect(fleet.resume(endpoint)).toBe(false);
    expect(fleet.all).toEqual([]);
  });

  it('leaves for a while, and comes back as the one that it was', () => {
    fleet.remove(endpoint, true);
    expect(fleet.all).toEqual([]);
    expect(told).toEqual(['removed http://a:1']);
    expect(fleet.resume(endpoint)).toBe(true);
    expect(told).toEqual(['removed http://a:1', 'added http://a:1']);
    expect(fleet.all).toEqual([endpoint]);
    expect(endpoint.status).toBe('pending');
  });

  it('comes back while it still has requests, and stays when they are done', () => {
    endpoint.status = 'ready';
    const end = endpoint.begin(0)!;
    fleet.remove(endpoint, true);
    expect(endpoint.isUsable).toBe(false);
    expect(fleet.resume(endpoint)).toBe(true);
    end('success');
    expect(told).toEqual(['resumed http://a:1']);
    expect(fleet.all).toEqual([endpoint]);
  });

  it('is forgotten once it is known that it does not come back', () => {
    fleet.remove(endpoint, true);
    fleet.remove(endpoint);
    expect(told).toEqual(['removed http://a:1', 'forgotten http://a:1']);
    expect(fleet.resume(endpoint)).toBe(false);
  });

  it('is forgotten when it is empty, where that becomes known before', () => {
    endpoint.status = 'ready';
    const end = endpoint.begin(0)!;
    fleet.remove(endpoint, true);
    fleet.remove(endpoint);
    expect(told).toEqual([]);
    end('success');
    expect(told).toEqual(['removed http://a:1', 'forgotten http://a:1']);
  });

  it('leaves for good what was removed for good before', () => {
    endpoint.status = 'ready';
    endpoint.begin(0);
    fleet.remove(endpoint);
    fleet.remove(endpoint, true);
    expect(fleet.resume(endpoint)).toBe(false);
    expect(endpoint.status).toBe('draining');
  });

  it('does not come back where another one has its URL', () => {
    fleet.remove(endpoint, true);
    fleet.add(specAt('http://a:1'));
    expect(fleet.resume(endpoint)).toBe(false);
    expect(fleet.all).toHaveLength(1);
  });

  it('comes back with all its ranks', () => {
    const ranks = fleet.add({ ...specAt('http://b:1'), ranks: 3 })!;
    for (const rank of ranks) fleet.remove(rank, true);
    expect(ranks.map((rank) => fleet.resume(rank))).toEqual([true, true, true]);
    expect(fleet.find('http://b:1')).toEqual(ranks);
  });
});
