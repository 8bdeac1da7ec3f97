import { afterEach, describe, expect, it } from '@jest/globals';
import { PickerFixture, type ListedEndpoint } from '../../support/picker-fixture.js';
import { countOf } from '../../support/policy-harness.js';

const PREFILLER = 'x-prefiller-host-port';

function listed(role: string, ...endpoints: readonly string[]): ListedEndpoint[] {
  return endpoints.map((endpoint, i) => ({
    ...{ name: `${role}-${i}`, endpoint },
    labels: role === 'any' ? {} : { 'llm-d.ai/role': role },
  }));
}

const THREE = listed('any', '10.9.0.1:8000', '10.9.0.2:8000', '10.9.0.3:8000');
const DISAGGREGATED = [
  ...listed('prefill', '10.9.1.1:8000', '10.9.1.2:8000'),
  ...listed('decode', '10.9.2.1:8000', '10.9.2.2:8000'),
];

let picker: PickerFixture | undefined;

async function started(
  endpoints: readonly ListedEndpoint[],
  plugins: string,
  config = '',
): Promise<PickerFixture> {
  return (picker = await PickerFixture.withFile(endpoints, config, plugins));
}

afterEach(async () => {
  await picker?.stop();
  picker = undefined;
});

describe('scheduling by a configuration', () => {
  it('sends requests to decoders, and tells their sidecars of a prefiller', async () => {
    const sut = await started(
      DISAGGREGATED,
      `
- {type: always-disagg-pd-decider}
- {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
- {type: prefill-filter}
- {type: decode-filter}
- {type: active-request-scorer}
`,
      `
schedulingProfiles:
- {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: active-request-scorer}]}
- {name: prefill, plugins: [{pluginRef: prefill-filter}]}
`,
    );
    const decisions = [];
    for (let i = 0; i < 8; i++) {
      const headers = [[PREFILLER, '6.6.6.6:666']] as const;
      decisions.push(await sut.chat(`question ${i}`, { headers }));
    }
    const decoders = countOf(decisions.map(({ endpoint }) => endpoint));
    const prefillers = countOf(decisions.map(({ headers }) => headers.get(PREFILLER)));
    expect([...decoders].sort()).toEqual([
      ['10.9.2.1:8000', 4],
      ['10.9.2.2:8000', 4],
    ]);
    expect([...prefillers].sort()).toEqual([
      ['10.9.1.1:8000', 4],
      ['10.9.1.2:8000', 4],
    ]);
  });

  it('prefills elsewhere only what the decoder has not cached', async () => {
    const sut = await started(
      DISAGGREGATED,
      `
- {type: prefix-based-pd-decider, parameters: {nonCachedTokens: 200}}
- {type: disagg-profile-handler, parameters: {deciders: {prefill: prefix-based-pd-decider}}}
- {type: prefill-filter}
- {type: decode-filter}
- {type: prefix-cache-scorer}
`,
      `
schedulingProfiles:
- {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: prefix-cache-scorer}]}
- {name: prefill, plugins: [{pluginRef: prefill-filter}]}
`,
    );
    const long = 'a long story '.repeat(400);
    const first = await sut.chat(long);
    expect(first.headers.get(PREFILLER)).toMatch(/^10\.9\.1\./);
    const again = await sut.chat(long);
    expect(again.endpoint).toBe(first.endpoint);
    expect(again.headers.has(PREFILLER)).toBe(false);
    expect((await sut.chat('short')).headers.has(PREFILLER)).toBe(false);
  });

  it('sends a prompt where its beginning is cached', async () => {
    const sut = await started(THREE, '- {type: prefix-cache-scorer}');
    const homes = new Map<string, string | undefined>();
    for (const topic of ['stars', 'ships', 'songs', 'seeds', 'stones']) {
      const beginning = `All that one may say of ${topic}. `.repeat(40);
      const first = await sut.chat(beginning);
      homes.set(topic, first.endpoint);
      const longer = await sut.chat(`${beginning} And what else?`);
      expect(longer.endpoint).toBe(first.endpoint);
    }
  });

  it('spreads a burst over endpoints that are equal otherwise', async () => {
    const sut = await started(THREE, '- {type: queue-scorer}');
    const decisions = await Promise.all(
      Array.from({ length: 30 }, (_, i) => sut.chat(`question ${i}`)),
    );
    const counts = countOf(decisions.map(({ endpoint }) => endpoint));
    expect([...counts.values()]).toEqual([10, 10, 10]);
  });

  it('gives as many endpoints as are asked for, each once', async () => {
    const sut = await started(
      THREE,
      '- {type: max-score-picker, parameters: {maxNumOfEndpoints: 2}}',
    );
    const { endpoint, metadata } = await sut.chat('hello');
    expect(new Set(endpoint!.split(',')).size).toBe(2);
    expect(metadata).toBe(endpoint);
  });

  it('runs the profile that a header names, and refuses one that is not there', async () => {
    const sut = await started(
      DISAGGREGATED,
      '- {type: header-profile-handler}\n- {type: prefill-filter}\n- {type: decode-filter}',
      `
schedulingProfiles:
- {name: decode, plugins: [{pluginRef: decode-filter}]}
- {name: prefill, plugins: [{pluginRef: prefill-filter}]}
`,
    );
    const of = (value: string) => sut.chat('hello', { headers: [['epp-profile', value]] });
    expect((await of('prefill')).endpoint).toMatch(/^10\.9\.1\./);
    expect((await of('decode')).endpoint).toMatch(/^10\.9\.2\./);
    expect((await sut.send({ path: '/v1/models' })).endpoint).toMatch(/^10\.9\.2\./);
    expect((await of('encode')).immediate).toMatchObject({ status: 400 });
  });

  it('answers 429 where all endpoints are too busy, and takes requests again when they are not', async () => {
    const sut = await started(
      THREE,
      '- {type: utilization-filter, parameters: {conditions: [{metric: active-requests, maxValue: 0}]}}',
    );
    const open = [await sut.chat('one'), await sut.chat('two'), await sut.chat('three')];
    expect(new Set(open.map(({ endpoint }) => endpoint)).size).toBe(3);
    const refused = await sut.chat('four');
    expect(refused.immediate).toMatchObject({ status: 429 });
    open[1]!.end();
    let taken = refused;
    while (taken.immediate) taken = await sut.chat('four');
    expect(taken.endpoint).toBe(open[1]!.endpoint);
  });

  it('answers 400 on paths without a parser where none takes all', async () => {
    const sut = await started(
      THREE,
      '- {type: openai-parser}',
      'requestHandler: {parsers: [{pluginRef: openai-parser}]}',
    );
    const speech = { path: '/v1/audio/speech', body: Buffer.from([0, 1, 2]) };
    expect((await sut.send(speech)).immediate).toMatchObject({ status: 400 });
    expect((await sut.chat('hello')).immediate).toBeUndefined();
  });
});
