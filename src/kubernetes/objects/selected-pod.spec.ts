import { describe, expect, it } from '@jest/globals';
import { podObject } from '../../../test/support/fake-apiserver-objects.js';
import { parseSelectedPod, type PodSelection } from './selected-pod.js';

const ASKED: PodSelection = { namespace: undefined, selector: { app: 'vllm' }, port: 8000 };
const POD = { name: 'a', ip: '10.0.0.1' };
type Parsed = ReturnType<typeof parseSelectedPod>;

const read = (pod: Partial<Parameters<typeof podObject>[0]> = {}, asked = {}): Parsed =>
  parseSelectedPod(podObject({ ...POD, ...pod }), { ...ASKED, ...asked });

/** @param containers by name: the port that it tells, and how often it was started again */
const started = (containers: Readonly<Record<string, readonly [number | undefined, number]>>) => {
  const pod = podObject(POD);
  const entries = Object.entries(containers);
  return parseSelectedPod(
    {
      ...pod,
      metadata: { ...pod.metadata, uid: 'u' },
      spec: {
        containers: entries.map(([name, [containerPort]]) => ({
          name,
          ports: [{ containerPort }],
        })),
      },
      status: {
        ...pod.status,
        containerStatuses: entries.map(([name, [, restartCount]]) => ({ name, restartCount })),
      },
    },
    ASKED,
  )?.incarnation;
};

describe('a pod as a worker', () => {
  it('has an address, labels and annotations', () => {
    expect(read({ annotations: { x: 'y' } })).toMatchObject({
      namespace: 'demo',
      name: 'a',
      ip: '10.0.0.1',
      ready: true,
      labels: { app: 'vllm' },
      annotations: { x: 'y' },
    });
  });

  it('is there while it is not ready', () => {
    expect(read({ ready: false })).toMatchObject({ ready: false });
  });

  it.each<[string, Parameters<typeof read>]>([
    ['does not run yet', [{ phase: 'Pending' }]],
    ['has ended', [{ phase: 'Succeeded' }]],
    ['has failed', [{ phase: 'Failed' }]],
    ['is being deleted', [{ deletionTimestamp: '2026-01-01T00:00:00Z' }]],
    ['has no address', [{ ips: [] }]],
    ['is of another namespace', [{}, { namespace: 'other' }]],
    ['has other labels', [{ labels: { app: 'other' } }]],
    ['lacks one of the labels', [{}, { selector: { app: 'vllm', role: 'x' } }]],
  ])('is none when it %s', (_, args) => {
    expect(read(...args)).toBeUndefined();
  });

  it.each([undefined, null, 7, 'pod', [], {}, { metadata: null, status: [] }])(
    'is none when it is %j',
    (object) => {
      expect(parseSelectedPod(object, ASKED)).toBeUndefined();
    },
  );

  it('is another one when the container that serves was started again', () => {
    const before = started({ vllm: [8000, 0], log: [undefined, 0] });
    expect(started({ vllm: [8000, 1], log: [undefined, 0] })).not.toBe(before);
    expect(started({ vllm: [8000, 0], log: [undefined, 5] })).toBe(before);
  });

  it('is another one when any container was, where none tells the port', () => {
    const before = started({ vllm: [undefined, 0], log: [undefined, 0] });
    expect(started({ vllm: [undefined, 0], log: [undefined, 1] })).not.toBe(before);
  });
});
