import { describe, expect, it } from '@jest/globals';
import {
  FakePluginTools,
  inferenceRequest,
  keptBy,
  pluginOf,
  scoresOf,
  server,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import { PEER_ENDPOINT } from '../peer-endpoint.js';
import type { Filter, Scorer } from '../plugin.js';
import { headerLabelAffinityScorer } from './header-label-affinity-scorer.js';
import { topologyAffinityFilter } from './topology-affinity-filter.js';
import { topologyAffinityScorer } from './topology-affinity-scorer.js';
import { topologyExtractor } from './topology-extractor.js';

/** @param place host, rack, zone, region; '' where it does not say */
function at(number: number, ...place: string[]): Server {
  const [host = '', rack = '', zone = '', region = ''] = place;
  return server(number, {
    labels: {
      'kubernetes.io/hostname': host,
      'topology.kubernetes.io/rack': rack,
      'topology.kubernetes.io/zone': zone,
      'topology.kubernetes.io/region': region,
    },
  });
}

const all = [
  at(0, 'h1', 'r1', 'z1', 'eu'),
  at(1, 'h2', 'r1', 'z1', 'eu'),
  at(2, 'h3', 'r2', 'z1', 'eu'),
  at(3, 'h4', 'r3', 'z2', 'eu'),
  at(4, 'h5', 'r4', 'z3', 'us'),
  at(5),
  server(6),
];

function decodedBy(peer: Server | undefined) {
  const request = inferenceRequest();
  if (peer) request.attributes.set(PEER_ENDPOINT, peer);
  return request;
}

function toolsWith(parameters: object = {}, name = 'topology-extractor') {
  const tools = new FakePluginTools();
  tools.plugins.set(name, pluginOf(topologyExtractor, parameters));
  return tools;
}

describe('topology-affinity-scorer', () => {
  const sut = pluginOf<Scorer>(topologyAffinityScorer, {}, toolsWith());
  const NOTHING = all.map(() => 0);

  it('scores by the nearest place that is shared', () => {
    expect(scoresOf(sut, all, decodedBy(at(9, 'h1', 'r1', 'z1', 'eu')))).toEqual([
      1, 0.2, 0.05, 0.02, 0, 0, 0,
    ]);
  });

  it('says nothing without a server that decodes, or of one that says no place', () => {
    expect(scoresOf(sut, all, decodedBy(undefined))).toEqual(NOTHING);
    expect(scoresOf(sut, all, decodedBy(at(9)))).toEqual(NOTHING);
    expect(scoresOf(sut, all, decodedBy(server(9)))).toEqual(NOTHING);
  });

  it('reads the labels that the extractor is told', () => {
    const tools = toolsWith({ hostname: 'node' }, 'mine');
    const named = pluginOf<Scorer>(topologyAffinityScorer, { topologyProducerName: 'mine' }, tools);
    const some = [server(0, { labels: { node: 'n1' } }), server(1, { labels: { node: 'n2' } })];
    expect(scoresOf(named, some, decodedBy(some[1]))).toEqual([0, 1]);
  });

  it('refuses a name that no extractor has', () => {
    const parameters = { topologyProducerName: 'mine' };
    expect(() => pluginOf(topologyAffinityScorer, parameters, toolsWith())).toThrow(
      /topologyProducerName.*mine/,
    );
  });
});

describe('topology-affinity-filter', () => {
  it.each([
    ['host', [0]],
    ['rack', [0, 1]],
    ['zone', [0, 1, 2]],
    ['region', [0, 1, 2, 3]],
  ])('keeps those that share the %s', (minAffinity, kept) => {
    const sut = pluginOf<Filter>(topologyAffinityFilter, { minAffinity }, toolsWith());
    expect(keptBy(sut, all, decodedBy(at(9, 'h1', 'r1', 'z1', 'eu')))).toEqual(kept);
  });

  it('keeps all where nobody is near, or nothing is known', () => {
    const sut = pluginOf<Filter>(topologyAffinityFilter, {}, toolsWith());
    for (const peer of [at(9, 'h9', 'r9', 'z9', 'x'), at(9), undefined]) {
      expect(sut.filter(decodedBy(peer), all)).toBe(all);
    }
  });
});

describe('header-label-affinity-scorer', () => {
  const parameters = { headerName: 'X-Zone', labelKey: 'zone' };
  const zones = [
    server(0, { labels: { zone: 'a' } }),
    server(1, { labels: { zone: 'b' } }),
    server(2),
  ];
  const sut = pluginOf<Scorer>(headerLabelAffinityScorer, parameters);

  it.each([
    ['b', [0, 1, 0]],
    ['c', [0, 0, 0]],
    ['', [0, 0, 0]],
    ['undefined', [0, 0, 0]],
  ])('scores those with the label %j', (value, scores) => {
    expect(scoresOf(sut, zones, inferenceRequest({ headers: { 'x-zone': value } }))).toEqual(
      scores,
    );
  });

  it('scores nobody for a request without the header', () => {
    expect(scoresOf(sut, zones)).toEqual([0, 0, 0]);
  });

  it.each([[{}], [{ headerName: 'x' }], [{ headerName: '', labelKey: 'zone' }]])(
    'refuses %j',
    (given) => {
      expect(() => pluginOf(headerLabelAffinityScorer, given)).toThrow();
    },
  );
});
