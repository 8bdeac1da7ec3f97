import { describe, expect, it } from '@jest/globals';
import { advertisedSources } from './advertised-sources.js';

/** What vLLM 0.32 answers for a rank. */
const rank = (change: object = {}): object => ({
  enable_kv_cache_events: true,
  publisher: 'zmq',
  endpoint: 'tcp://*:5557',
  replay_endpoint: 'tcp://*:5558',
  buffer_steps: 10_000,
  hwm: 100_000,
  max_queue_size: 100_000,
  topic: '',
  ...change,
});

describe(advertisedSources.name, () => {
  it('takes the ports at the host of the worker, whatever host is named', () => {
    const second = rank({ endpoint: 'tcp://169.254.169.254:6557', replay_endpoint: null });
    expect(advertisedSources({ 0: rank(), 1: second }, 'worker-a')).toEqual([
      {
        endpoint: { host: 'worker-a', port: 5557 },
        replayEndpoint: { host: 'worker-a', port: 5558 },
      },
      { endpoint: { host: 'worker-a', port: 6557 }, replayEndpoint: undefined },
    ]);
  });

  it.each([
    undefined,
    null,
    'tcp://*:5557',
    {},
    { 0: null },
    { 0: rank({ enable_kv_cache_events: false }) },
    { 0: rank({ publisher: 'null' }) },
    { 0: rank({ endpoint: 'inproc://cache' }) },
    { 0: rank({ endpoint: 'ipc:///run/docker.sock' }) },
    { 0: rank({ endpoint: 'tcp://*:0' }) },
    { 0: rank({ endpoint: 7 }) },
    { detail: 'Not Found' },
    { 1: rank() },
    { 9999: rank() },
  ])('finds nothing to subscribe to in %j', (answer) => {
    expect(advertisedSources(answer, 'worker-a')).toBeUndefined();
  });
});
