import { beforeEach, describe, expect, it } from '@jest/globals';
import { specAt } from '../../../test/support/endpoint-spec.js';
import type { EndpointSpec } from '../../fleet/endpoint.js';
import { Fleet } from '../../fleet/fleet.js';
import type { PickerEndpoint } from './endpoint.js';
import { PickerEndpoints } from './endpoints.js';

let fleet: Fleet;
let endpoints: PickerEndpoints;
let told: string[];

beforeEach(() => {
  fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  endpoints = new PickerEndpoints(fleet);
  told = [];
  for (const what of ['added', 'left', 'removed'] as const) {
    endpoints.listen({ [what]: ({ id }: PickerEndpoint) => told.push(`${what} ${id}`) });
  }
});

const add = (url: string, more: Partial<EndpointSpec> = {}) => fleet.add(specAt(url, more))![0];
const ids = () => endpoints.all.map(({ id }) => id);

describe(PickerEndpoints.name, () => {
  it('has one for each endpoint of the fleet, called ip:port', () => {
    add('http://10.0.0.1:8000', { name: 'a-rank-0', namespace: 'ns', modelId: 'm' });
    add('http://[::1]:8000', { labels: { x: 'y' } });
    expect(ids()).toEqual(['10.0.0.1:8000', '[::1]:8000']);
    expect(endpoints.all[0]).toMatchObject({ name: 'a-rank-0', namespace: 'ns', models: ['m'] });
    expect(endpoints.all[1]).toMatchObject({ name: '[::1]:8000', labels: { x: 'y' }, models: [] });
  });

  it('has those that were there before it', () => {
    add('http://10.0.0.1:1');
    const later = new PickerEndpoints(fleet);
    expect(later.size).toBe(1);
    later.listen({ added: ({ id }) => told.push(`later ${id}`) });
    expect(told).toEqual(['added 10.0.0.1:1', 'later 10.0.0.1:1']);
  });

  it('keeps its array as long as the set stays', () => {
    const first = add('http://10.0.0.1:1');
    const before = endpoints.all;
    expect(endpoints.all).toBe(before);
    const second = add('http://10.0.0.2:1');
    const both = endpoints.all;
    expect(both).not.toBe(before);
    expect(before).toHaveLength(1);
    fleet.update(second, { labels: { role: 'x' } });
    expect(endpoints.all).not.toBe(both);
    expect(endpoints.all).toEqual(both);
    fleet.remove(first);
    expect(ids()).toEqual(['10.0.0.2:1']);
  });

  it('is another array when an endpoint tells other models, unless somebody said which', () => {
    add('http://10.0.0.1:1');
    add('http://10.0.0.2:1', { models: ['x'] });
    const before = endpoints.all;
    endpoints.serves('10.0.0.1:1', ['m']);
    expect(endpoints.all).not.toBe(before);
    expect(endpoints.all[0]!.models).toEqual(['m']);
    const known = endpoints.all;
    endpoints.serves('10.0.0.1:1', ['m']);
    endpoints.serves('10.0.0.2:1', ['y']);
    endpoints.serves('10.0.0.3:1', ['z']);
    expect(endpoints.all).toBe(known);
    expect(known[1]!.models).toEqual(['x']);
  });

  it('tells who leaves for good, whatever is in flight there', () => {
    const old = add('http://10.0.0.1:1');
    const [before] = endpoints.all;
    before!.begun(10, 5);
    fleet.remove(old);
    add('http://10.0.0.1:1');
    expect(endpoints.all[0]).not.toBe(before);
    before!.ended(10);
    expect(endpoints.all[0]).toMatchObject({ inFlight: 0, inFlightTokens: 0 });
    expect(told).toEqual([
      'added 10.0.0.1:1',
      'left 10.0.0.1:1',
      'removed 10.0.0.1:1',
      'added 10.0.0.1:1',
    ]);
  });

  it('knows one that comes back, in its old place', () => {
    const first = add('http://10.0.0.1:1');
    add('http://10.0.0.2:1');
    const [before] = endpoints.all;
    before!.begun(7, 3);
    fleet.remove(first, true);
    expect(ids()).toEqual(['10.0.0.2:1']);
    expect(endpoints.find('10.0.0.1:1')).toBeUndefined();
    fleet.resume(first);
    expect(endpoints.all[0]).toBe(before);
    expect(before).toMatchObject({ inFlight: 1, load: 1, inFlightTokens: 7, lastChosen: 3 });
    expect(told.slice(2)).toEqual(['left 10.0.0.1:1', 'added 10.0.0.1:1']);
    fleet.remove(first, true);
    fleet.remove(first);
    expect(told.slice(4)).toEqual(['left 10.0.0.1:1', 'removed 10.0.0.1:1']);
  });

  it('finds a subset by address and port, in the order of registration and none twice', () => {
    for (const last of [1, 2, 3]) add(`http://10.0.0.${last}:8000`);
    add('http://[2001:db8::1]:8000');
    const subset = (...asked: string[]) => endpoints.bySubset(asked).map(({ id }) => id);
    expect(subset('10.0.0.3:8000', '10.0.0.1:8000', '10.0.0.3:8000')).toEqual([
      '10.0.0.1:8000',
      '10.0.0.3:8000',
    ]);
    expect(subset('[2001:DB8:0::1]:8000')).toEqual(['[2001:db8::1]:8000']);
    expect(subset('10.0.0.1:8001', '10.0.0.1', '', '10.0.0.9:8000', 'nonsense')).toEqual([]);
    expect(subset()).toEqual([]);
  });

  it('counts requests and what is left of their tokens', () => {
    add('http://10.0.0.1:1');
    const [endpoint] = endpoints.all;
    endpoint!.begun(100, 1);
    endpoint!.begun(20, 2);
    endpoint!.tokensDone(60);
    expect(endpoint).toMatchObject({ inFlight: 2, inFlightTokens: 60 });
    endpoint!.ended(40);
    endpoint!.ended(20);
    expect(endpoint).toMatchObject({ inFlight: 0, inFlightTokens: 0, lastChosen: 2 });
  });
});
