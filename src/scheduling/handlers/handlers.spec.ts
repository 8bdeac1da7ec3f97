import { describe, expect, it } from '@jest/globals';
import { schedulerOf, type GivenProfile } from '../../../test/support/scheduler-harness.js';
import {
  FakePluginTools,
  inferenceRequest,
  pluginOf,
  server,
} from '../../../test/support/scheduling-harness.js';
import type { Decider, Endpoints, Filter, HeaderWriter, ProfileHandler } from '../plugin.js';
import type { PluginDefinition } from '../plugin-definition.js';
import { SchedulingFailure } from '../scheduling-failure.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { dataParallelProfileHandler } from './data-parallel-profile-handler.js';
import { disaggHeadersHandler } from './disagg-headers-handler.js';
import { disaggProfileHandler } from './disagg-profile-handler.js';
import { headerProfileHandler } from './header-profile-handler.js';
import { pdProfileHandler } from './pd-profile-handler.js';
import { singleProfileHandler } from './single-profile-handler.js';

const ALL: Endpoints = [
  server(1, { labels: { role: 'decode' } }),
  server(2, { labels: { role: 'prefill' } }),
  server(3, { labels: { role: 'encode' } }),
  server(4, { id: '[2001:db8::4]:8003', labels: { role: 'encode' } }),
];
const [DECODER, PREFILLER] = ALL;

function only(...roles: readonly string[]): Filter {
  return {
    filter: (_, endpoints) => endpoints.filter(({ labels }) => roles.includes(labels['role']!)),
  };
}

const everyOne = { pick: (_: unknown, endpoints: Endpoints) => endpoints };
const STAGES: Readonly<Record<string, GivenProfile>> = {
  decode: { filters: { role: only('decode') } },
  prefill: { filters: { role: only('prefill') } },
  encode: { filters: { role: only('encode') }, picker: everyOne },
};

/** Says the same of every request, and counts how often it is asked. */
class FakeDecider implements Decider {
  asked = 0;
  endpoint: unknown;

  constructor(private readonly answer: boolean) {}

  disaggregates(_: unknown, endpoint: unknown): boolean {
    this.asked++;
    this.endpoint = endpoint;
    return this.answer;
  }
}

interface Case {
  readonly parameters?: object;
  readonly deciders?: Readonly<Record<string, Decider>>;
  readonly profiles?: Readonly<Record<string, GivenProfile>>;
  readonly endpoints?: Endpoints;
  readonly headers?: Readonly<Record<string, string>>;
}

function handlerOf(
  definition: PluginDefinition,
  { parameters, deciders = {} }: Case = {},
): ProfileHandler {
  const tools = new FakePluginTools();
  for (const [name, decider] of Object.entries(deciders)) tools.plugins.set(name, decider);
  return pluginOf(definition, parameters, tools);
}

/** Profiles that picked, where the proxy is sent, and headers. */
function outcome(definition: PluginDefinition, given: Case = {}) {
  const sut = schedulerOf(given.profiles ?? STAGES, handlerOf(definition, given));
  const result = sut.schedule(
    inferenceRequest({ headers: given.headers ?? {} }),
    given.endpoints ?? ALL,
  );
  if (result instanceof SchedulingFailure) return result;
  return {
    profiles: [...result.profiles.keys()],
    to: result.destinations ?? result.endpoints.map(({ id }) => id),
    headers: Object.fromEntries(result.headers),
  };
}

describe('disagg-profile-handler', () => {
  it('decodes alone without deciders', () => {
    expect(outcome(disaggProfileHandler)).toEqual({
      profiles: ['decode'],
      to: [DECODER!.id],
      headers: {},
    });
  });

  it.each([
    [false, false, ['decode'], {}],
    [true, false, ['decode', 'prefill'], { 'x-prefiller-host-port': PREFILLER!.id }],
    [
      false,
      true,
      ['decode', 'encode'],
      { 'x-encoder-hosts-ports': '10.0.0.3:8000,[2001:db8::4]:8003' },
    ],
    [
      true,
      true,
      ['decode', 'encode', 'prefill'],
      {
        'x-prefiller-host-port': PREFILLER!.id,
        'x-encoder-hosts-ports': '10.0.0.3:8000,[2001:db8::4]:8003',
      },
    ],
  ])('prefill %s, encode %s: runs %j', (prefill, encode, profiles, headers) => {
    const deciders = { p: new FakeDecider(prefill), e: new FakeDecider(encode) };
    const parameters = { deciders: { prefill: 'p', encode: 'e' } };
    const found = outcome(disaggProfileHandler, { parameters, deciders });
    expect(found).toEqual({ profiles, to: [DECODER!.id], headers });
    for (const { asked, endpoint } of Object.values(deciders)) {
      expect([asked, endpoint]).toEqual([1, DECODER]);
    }
  });

  it('asks nobody and fails where no decoder is left', () => {
    const p = new FakeDecider(true);
    const given = { parameters: { deciders: { prefill: 'p' } }, deciders: { p } };
    const found = outcome(disaggProfileHandler, { ...given, endpoints: ALL.slice(1) });
    expect(found).toMatchObject({ status: 503, reason: 'rejected-no-endpoints' });
    expect(p.asked).toBe(0);
  });

  it('decodes alone where no prefiller is left', () => {
    const given = {
      parameters: { deciders: { prefill: 'p' } },
      deciders: { p: new FakeDecider(true) },
    };
    expect(outcome(disaggProfileHandler, { ...given, endpoints: [ALL[0]!] })).toEqual({
      profiles: ['decode'],
      to: [DECODER!.id],
      headers: {},
    });
  });

  it('tells no decoder to have itself prefill', () => {
    const given = {
      parameters: { deciders: { prefill: 'p' } },
      deciders: { p: new FakeDecider(true) },
      profiles: { decode: {}, prefill: {} },
      endpoints: [server(5)],
    };
    expect(outcome(disaggProfileHandler, given)).toEqual({
      profiles: ['decode', 'prefill'],
      to: ['10.0.0.5:8000'],
      headers: {},
    });
  });

  it('has another one prefill where decoder and prefiller are equal otherwise', () => {
    const given = {
      parameters: { deciders: { prefill: 'p' } },
      deciders: { p: new FakeDecider(true) },
      profiles: { decode: {}, prefill: {} },
      endpoints: [server(5), server(6)],
    };
    for (let i = 0; i < 10; i++) {
      expect(outcome(disaggProfileHandler, given)).toHaveProperty('headers.x-prefiller-host-port');
    }
  });

  it('takes profiles of other names, and the old parameters', () => {
    const profiles = { d: STAGES['decode']!, p: STAGES['prefill']! };
    const deciders = { x: new FakeDecider(true) };
    for (const parameters of [
      { profiles: { decode: 'd', prefill: 'p' }, deciders: { prefill: 'x' } },
      { decodeProfile: 'd', prefillProfile: 'p', deciderPluginName: 'x' },
      { decodeProfile: 'd', prefillProfile: 'p', prefillDeciderPluginName: 'x' },
    ]) {
      const found = outcome(disaggProfileHandler, { parameters, profiles, deciders });
      expect(found).toMatchObject({ headers: { 'x-prefiller-host-port': PREFILLER!.id } });
    }
  });

  it('prefills every request first with stageOrder prefill-first', () => {
    const e = new FakeDecider(true);
    const parameters = { stageOrder: 'prefill-first', deciders: { encode: 'e' } };
    expect(outcome(disaggProfileHandler, { parameters, deciders: { e } })).toMatchObject({
      profiles: ['prefill', 'encode', 'decode'],
      to: [DECODER!.id],
    });
    expect([e.asked, e.endpoint]).toEqual([1, undefined]);
    const alone = {
      parameters: { stageOrder: 'prefill-first' },
      profiles: { decode: STAGES['decode']! },
    };
    expect(outcome(disaggProfileHandler, alone)).toMatchObject({ profiles: ['decode'] });
  });

  it.each([
    ['old names beside new ones', { decodeProfile: 'd', profiles: {} }, 'decodeProfile'],
    [
      'a decider that has no say',
      { stageOrder: 'prefill-first', deciders: { prefill: 'p' } },
      'prefill-first',
    ],
    ['an unknown order', { stageOrder: 'encode-first' }, 'stageOrder'],
    ['an unknown parameter', { decider: 'p' }, 'decider'],
  ])('refuses %s', (_, parameters, word) => {
    expect(() => pluginOf(disaggProfileHandler, parameters)).toThrow(word);
  });

  it('refuses a decider that is none, and one that is not there', () => {
    const parameters = { deciders: { prefill: 'p' } };
    expect(() => handlerOf(disaggProfileHandler, { parameters })).toThrow('"p"');
    const deciders = { p: {} as Decider };
    expect(() => handlerOf(disaggProfileHandler, { parameters, deciders })).toThrow('no decider');
  });

  it('says which profile it lacks', () => {
    const deciders = { p: new FakeDecider(true) };
    const parameters = { deciders: { prefill: 'p' } };
    const sut = handlerOf(disaggProfileHandler, { parameters, deciders });
    expect(sut.mistakeIn?.(['prefill'])).toContain('decode');
    expect(sut.mistakeIn?.(['decode'])).toContain('prefill');
    expect(sut.mistakeIn?.(['decode', 'prefill'])).toBeUndefined();
    expect(handlerOf(disaggProfileHandler).mistakeIn?.(['decode'])).toBeUndefined();
  });
});

describe('pd-profile-handler', () => {
  const deciders = { 'prefix-based-pd-decider': new FakeDecider(true) };

  it('decodes and prefills', () => {
    expect(outcome(pdProfileHandler, { deciders })).toEqual({
      profiles: ['decode', 'prefill'],
      to: [DECODER!.id],
      headers: { 'x-prefiller-host-port': PREFILLER!.id },
    });
  });

  it.each([
    [0, '', true],
    [100, 'x'.repeat(99), false],
    [100, 'x'.repeat(100), true],
  ])('goes by a threshold of %i characters where there is one', (threshold, text, prefills) => {
    const sut = schedulerOf(STAGES, handlerOf(pdProfileHandler, { parameters: { threshold } }));
    const result = sut.schedule(inferenceRequest({ text }), ALL);
    expect((result as SchedulingResult).headers).toHaveLength(prefills ? 1 : 0);
  });

  it('sends requests to the primary port where there is one, the rank in a header', () => {
    expect(outcome(pdProfileHandler, { deciders, parameters: { primaryPort: 9000 } })).toEqual({
      profiles: ['decode', 'prefill'],
      to: ['10.0.0.1:9000'],
      headers: {
        'x-prefiller-host-port': PREFILLER!.id,
        'x-data-parallel-host-port': DECODER!.id,
      },
    });
  });
});

describe('data-parallel-profile-handler', () => {
  it("sends requests to the first rank's port, the rank in a header", () => {
    const profiles = { default: { filters: { last: { filter: () => [ALL[3]!] } } } };
    expect(outcome(dataParallelProfileHandler, { profiles })).toEqual({
      profiles: ['default'],
      to: ['[2001:db8::4]:8000'],
      headers: { 'x-data-parallel-host-port': '[2001:db8::4]:8003' },
    });
  });
});

describe('header-profile-handler', () => {
  it.each([
    ['the profile that the header names', { 'epp-profile': 'prefill' }, {}, ['prefill']],
    ['decode without the header', {}, {}, ['decode']],
    ['decode for a blank header', { 'epp-profile': '  ' }, {}, ['decode']],
    ['another profile without the header', {}, { defaultProfile: 'encode' }, ['encode']],
    ['a header of another name', { 'x-stage': 'encode' }, { headerName: 'X-Stage' }, ['encode']],
  ])('runs %s', (_, headers, parameters, profiles) => {
    expect(outcome(headerProfileHandler, { headers, parameters })).toMatchObject({ profiles });
  });

  it('runs the only profile whatever the header says', () => {
    const profiles = { only: STAGES['decode']! };
    const headers = { 'epp-profile': 'prefill' };
    expect(outcome(headerProfileHandler, { headers, profiles })).toMatchObject({
      profiles: ['only'],
    });
  });

  it('refuses a request that names a profile which is not there', () => {
    const found = outcome(headerProfileHandler, { headers: { 'epp-profile': 'Prefill' } });
    expect(found).toMatchObject({ status: 400, reason: undefined });
    expect((found as SchedulingFailure).message).toContain('"Prefill"');
  });

  it('says that its default profile is not there', () => {
    const sut = handlerOf(headerProfileHandler);
    expect(sut.mistakeIn?.(['prefill', 'encode'])).toContain('decode');
    expect(sut.mistakeIn?.(['prefill'])).toBeUndefined();
  });
});

describe('disagg-headers-handler', () => {
  it('writes the headers of the profiles that it is told', () => {
    const sut = pluginOf<HeaderWriter>(disaggHeadersHandler, { prefillProfile: 'p' });
    const done = new Map([
      ['decode', [DECODER!]],
      ['p', [PREFILLER!]],
      ['encode', undefined],
    ]);
    expect(sut.headers(inferenceRequest(), done, 'decode')).toEqual([
      ['x-prefiller-host-port', PREFILLER!.id],
    ]);
  });
});

describe('single-profile-handler', () => {
  it('says that there is more than one profile', () => {
    const sut = handlerOf(singleProfileHandler);
    expect(sut.mistakeIn?.(['one', 'two'])).toContain('one, two');
    expect(sut.mistakeIn?.(['one'])).toBeUndefined();
  });
});
