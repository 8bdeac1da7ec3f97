import { describe, expect, it } from '@jest/globals';
import { badKvSources, kvSourcesOf, type KvSourceConfig } from './kv-source-flags.js';

const NONE = { kvEventSource: [], kvEventReplaySource: [], pdKvEvents: [] };
const config = (change: Partial<KvSourceConfig>): KvSourceConfig => ({
  ...NONE,
  policy: 'kv_aware',
  enableIgw: false,
  ...change,
});

describe(kvSourcesOf.name, () => {
  it('reads one endpoint a rank, with where each replays', () => {
    const sources = kvSourcesOf({
      kvEventSource: [
        'http://worker-a:8000=tcp://worker-a:5557,tcp://worker-a:5558',
        'http://Worker-B:8000/=ipc:///run/kv=events',
      ],
      kvEventReplaySource: ['http://worker-a:8000=tcp://worker-a:6557,tcp://worker-a:6558'],
      pdKvEvents: ['http://[::1]:8001=tcp://[::1]:5557'],
    });
    const at = (port: number): object => ({ host: 'worker-a', port });
    expect(Object.fromEntries(sources)).toEqual({
      'http://worker-a:8000': [
        { endpoint: at(5557), replayEndpoint: at(6557) },
        { endpoint: at(5558), replayEndpoint: at(6558) },
      ],
      'http://worker-b:8000': [{ endpoint: { path: '/run/kv=events' }, replayEndpoint: undefined }],
      'http://[::1]:8001': [{ endpoint: { host: '::1', port: 5557 }, replayEndpoint: undefined }],
    });
  });
});

describe(badKvSources.name, () => {
  it('finds nothing wrong with what fits', () => {
    expect(badKvSources(config({}))).toBeUndefined();
    const kvEventSource = ['http://a:1=tcp://a:2'];
    expect(badKvSources(config({ kvEventSource }))).toBeUndefined();
    expect(badKvSources(config({ policy: 'random' }))).toBeUndefined();
    expect(
      badKvSources(config({ policy: 'random', prefillPolicy: 'kv_aware', kvEventSource })),
    ).toBeUndefined();
  });

  it.each<[Partial<KvSourceConfig>, RegExp]>([
    [{ kvEventSource: ['tcp://a:5557'] }, /^--kv-event-source: /],
    [{ kvEventSource: ['http://a:1'] }, /^--kv-event-source: .*WORKER-URL=tcp:\/\/HOST:PORT/],
    [{ kvEventSource: ['http://a:1='] }, /^--kv-event-source: /],
    [{ kvEventSource: ['http://a:1=tcp://a:2,'] }, /^--kv-event-source: /],
    [{ kvEventSource: ['http://a:1=tcp://*:5557'] }, /^--kv-event-source: /],
    [{ kvEventSource: ['http://a:1=tcp://a:0'] }, /^--kv-event-source: /],
    [{ kvEventSource: ['http://a:1=tcp://a:65536'] }, /^--kv-event-source: /],
    [{ kvEventSource: ['http://a:1=udp://a:2'] }, /^--kv-event-source: /],
    [
      { kvEventSource: ['http://a:1=tcp://a:2', 'http://A:1/=tcp://a:3'] },
      /^--kv-event-source: http:\/\/a:1 is named twice$/,
    ],
    [{ pdKvEvents: ['a'] }, /^--pd-kv-events: /],
    [
      { kvEventSource: ['http://a:1=tcp://a:2'], pdKvEvents: ['http://a:1=tcp://a:3'] },
      /^--pd-kv-events: http:\/\/a:1 is named twice$/,
    ],
    [{ kvEventReplaySource: ['http://a:1=tcp://a:2'] }, /^--kv-event-replay-source: .*no --kv-/],
    [
      {
        kvEventSource: ['http://a:1=tcp://a:2,tcp://a:3'],
        kvEventReplaySource: ['http://a:1=tcp://a:4'],
      },
      /^--kv-event-replay-source: .*2 endpoints/,
    ],
    [
      { policy: 'random', kvEventSource: ['http://a:1=tcp://a:2'] },
      /^--kv-event-source is of no use to --policy=random: give --policy=kv_aware$/,
    ],
  ])('refuses %j', (change, expected) => {
    expect(badKvSources(config(change))).toMatch(expected);
  });
});
