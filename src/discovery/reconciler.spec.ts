import { beforeEach, describe, expect, it } from '@jest/globals';
import { specAt } from '../../test/support/endpoint-spec.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import type { EndpointSpec } from '../fleet/endpoint.js';
import { Fleet } from '../fleet/fleet.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { Reconciler } from './reconciler.js';

const A = 'http://a:1';
const B = 'http://b:1';

let fleet: Fleet;
let log: RecordingLogger;
let told: string[];
let pods: Reconciler;
let file: Reconciler;
let counts: { updates: number; added: number; removed: number };

const reconciler = (source: 'file' | 'kubernetes'): Reconciler =>
  new Reconciler({
    source,
    fleet,
    logger: log,
    counts: {
      updated: () => counts.updates++,
      workerAdded: () => counts.added++,
      workerRemoved: () => counts.removed++,
    },
  });
const pod = (
  url: string,
  { identity = '1', usable = true, ...more }: Partial<FoundEndpoint & EndpointSpec> = {},
): FoundEndpoint => ({ spec: specAt(url, { source: 'kubernetes', ...more }), identity, usable });
const entry = (url: string): FoundEndpoint => ({
  spec: specAt(url, { source: 'file' }),
  identity: '',
  usable: true,
});
const urls = (): string[] => fleet.all.map(({ id, spec }) => `${spec.source} ${id}`);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const begin = (url: string): ((outcome: 'success') => void) => {
  const [endpoint] = fleet.find(url)!;
  endpoint.status = 'ready';
  return endpoint.begin(0)!;
};

beforeEach(() => {
  fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  log = new RecordingLogger();
  told = [];
  counts = { updates: 0, added: 0, removed: 0 };
  pods = reconciler('kubernetes');
  file = reconciler('file');
  fleet.listen({ forgotten: ({ id }) => told.push(id) });
});

describe(Reconciler, () => {
  it('tells how many there are at first, and then of each that comes, goes and comes back', () => {
    pods.apply([pod(A)]);
    pods.apply([pod(A), pod(B)]);
    pods.apply([pod(A), pod(B, { usable: false })]);
    pods.apply([pod(A), pod(B)]);
    expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['discovery has found workers', { workers: 1, source: 'kubernetes' }],
      ['discovery brings a worker in', { worker: B, source: 'kubernetes' }],
      [
        'discovery takes a worker out',
        { worker: B, source: 'kubernetes', reason: 'it is not ready' },
      ],
      [
        'discovery brings a worker in',
        { worker: B, source: 'kubernetes', reason: 'it is ready again' },
      ],
    ]);
  });

  it('brings what was found, and takes out what was not', async () => {
    pods.apply([pod(A), pod(B)]);
    pods.apply([pod(B)]);
    await turn();
    expect(urls()).toEqual([`kubernetes ${B}`]);
    expect(told).toEqual([A]);
    expect(counts).toEqual({ updates: 2, added: 2, removed: 1 });
  });

  it('keeps for one that rests what is remembered of it, and brings the same one back', async () => {
    pods.apply([pod(A)]);
    const before = fleet.all;
    pods.apply([pod(A, { usable: false })]);
    await turn();
    expect(urls()).toEqual([]);
    pods.apply([pod(A)]);
    expect(fleet.all).toEqual(before);
    expect(told).toEqual([]);
    expect(counts).toEqual({ updates: 3, added: 2, removed: 1 });
  });

  it('brings one back that still has requests, without waiting for them', () => {
    pods.apply([pod(A)]);
    const end = begin(A);
    pods.apply([pod(A, { usable: false })]);
    expect(fleet.all[0]!.status).toBe('draining');
    pods.apply([pod(A)]);
    expect(fleet.all[0]!.status).toBe('pending');
    end('success');
    expect(urls()).toEqual([`kubernetes ${A}`]);
  });

  it('forgets one that rests when it is gone', async () => {
    pods.apply([pod(A)]);
    pods.apply([pod(A, { usable: false })]);
    pods.apply([]);
    await turn();
    expect(told).toEqual([A]);
    expect(counts).toEqual({ updates: 3, added: 1, removed: 1 });
  });

  it.each([{ identity: '2' }, { role: 'decode' as const }])(
    'takes one with %j for another server',
    async (change) => {
      pods.apply([pod(A)]);
      const [before] = fleet.all;
      pods.apply([pod(A, change)]);
      await turn();
      expect(told).toEqual([A]);
      expect(fleet.all).toHaveLength(1);
      expect(fleet.all[0]).not.toBe(before);
    },
  );

  it('brings another server when the former one at its URL has finished what it had', async () => {
    pods.apply([pod(A)]);
    const end = begin(A);
    pods.apply([pod(A, { identity: '2' })]);
    const [before] = fleet.all;
    end('success');
    await turn();
    expect(fleet.all).toHaveLength(1);
    expect(fleet.all[0]).not.toBe(before);
    expect(told).toEqual([A]);
  });

  it('does not bring one that was never ready', () => {
    pods.apply([pod(A, { usable: false })]);
    expect(fleet.all).toEqual([]);
  });

  it('tries one again that was given up', async () => {
    pods.apply([pod(A)]);
    fleet.all[0]!.status = 'failed';
    pods.apply([pod(A)]);
    await turn();
    expect(fleet.all.map(({ status }) => status)).toEqual(['pending']);
  });

  it('changes in place what its source says anew, and only that', () => {
    pods.apply([pod(A)]);
    const [before] = fleet.all;
    fleet.update(before!, { priority: 9 });
    pods.apply([pod(A)]);
    expect(before!.spec.priority).toBe(9);
    pods.apply([pod(A, { priority: 3, labels: { zone: 'x' }, cost: 2 })]);
    expect(fleet.all).toEqual([before]);
    expect(before!.spec).toMatchObject({ priority: 3, cost: 2, labels: { zone: 'x' } });
  });

  it('leaves alone what others have brought, and says once that they have it', () => {
    fleet.add(specAt(A, { priority: 7 }));
    pods.apply([pod(A, { priority: 1 })]);
    pods.apply([pod(A, { priority: 2 })]);
    pods.apply([]);
    expect(fleet.all).toMatchObject([{ spec: { priority: 7, source: 'flags' } }]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { worker: A, knownFrom: 'flags' } },
    ]);
    expect(counts.added).toBe(0);
  });

  it('takes the place of another source when that one loses it', async () => {
    file.apply([entry(A)]);
    pods.apply([pod(A)]);
    const end = begin(A);
    file.apply([]);
    await turn();
    expect(urls()).toEqual([`file ${A}`]);
    end('success');
    await turn();
    expect(urls()).toEqual([`kubernetes ${A}`]);
  });

  it('does not bring back what somebody else has removed, until there is another server', async () => {
    pods.apply([pod(A)]);
    fleet.remove(fleet.all[0]!);
    await turn();
    pods.apply([pod(A)]);
    pods.apply([pod(A, { usable: false })]);
    pods.apply([pod(A)]);
    await turn();
    expect(urls()).toEqual([]);
    pods.apply([pod(A, { identity: '2' })]);
    expect(urls()).toEqual([`kubernetes ${A}`]);
  });

  it('lets somebody else have a URL while its server rests', async () => {
    pods.apply([pod(A)]);
    pods.apply([pod(A, { usable: false })]);
    const [other] = fleet.add(specAt(A, { source: 'api' }))!;
    pods.apply([pod(A)]);
    expect(urls()).toEqual([`api ${A}`]);
    fleet.remove(other);
    await turn();
    expect(urls()).toEqual([`kubernetes ${A}`]);
  });

  it('brings and takes out all ranks of a server', async () => {
    fleet = new Fleet({ breaker: undefined, tls: () => ({}), ranks: 2 });
    pods = reconciler('kubernetes');
    pods.apply([pod(A)]);
    pods.apply([pod(A, { usable: false })]);
    expect(fleet.all).toEqual([]);
    pods.apply([pod(A)]);
    expect(fleet.all.map(({ id }) => id)).toEqual([`${A}@0`, `${A}@1`]);
    pods.apply([]);
    await turn();
    expect(fleet.all).toEqual([]);
    expect(counts).toMatchObject({ added: 2, removed: 2 });
  });

  it('changes nothing any more once it is stopped', async () => {
    pods.apply([pod(A)]);
    pods.stop();
    pods.apply([]);
    await turn();
    expect(urls()).toEqual([`kubernetes ${A}`]);
  });
});
