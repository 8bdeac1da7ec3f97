import { afterEach, describe, expect, it } from '@jest/globals';
import type { ListedEndpoint } from '../../support/picker-fixture.js';
import { PickerProgram } from '../../support/picker-program.js';

const PREFILLER = 'x-prefiller-host-port';
const ENCODERS = 'x-encoder-hosts-ports';
const LONG = 'a long story '.repeat(400);

const endpoint = (role: string, i: number): ListedEndpoint => ({
  ...{ name: `${role}-${i}`, endpoint: `10.9.${role.length}.${i}:8000` },
  labels: { 'llm-d.ai/role': role },
});
const PREFILL = [endpoint('prefill', 1), endpoint('prefill', 2)];
const DECODE = [endpoint('decode', 1), endpoint('decode', 2)];
const ENCODE = [endpoint('encode-only', 1)].map((one) => ({
  ...one,
  labels: { 'llm-d.ai/role': 'encode' },
}));
const isOf = (endpoints: readonly ListedEndpoint[]) => (told: string | undefined) =>
  endpoints.some((one) => one.endpoint === told);
const isPrefiller = isOf(PREFILL);
const isDecoder = isOf(DECODE);

let picker: PickerProgram | undefined;

afterEach(async () => {
  await picker?.stop();
  picker = undefined;
});

const PROFILES = `schedulingProfiles:
- {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: prefix-cache-scorer}]}
- {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: prefix-cache-scorer}]}
`;

async function start(
  decider: string,
  endpoints: readonly ListedEndpoint[] = [...PREFILL, ...DECODE],
  handler = '{type: disagg-profile-handler, parameters: {deciders: {prefill: sut}}}',
  config = PROFILES,
): Promise<PickerProgram> {
  const plugins = `
- {name: sut, ${decider}}
- ${handler}
- {type: prefill-filter}
- {type: decode-filter}
- {type: encode-filter}
- {type: prefix-cache-scorer}
`;
  return (picker = await PickerProgram.configured({
    endpoints,
    plugins,
    config,
    flags: ['--explain'],
  }));
}

describe('disagg-profile-handler', () => {
  it('names a prefiller to the sidecar of the decoder: always-disagg-pd-decider', async () => {
    const sut = await start('type: always-disagg-pd-decider');
    for (const content of [LONG, 'short']) {
      const headers = [
        [PREFILLER, '6.6.6.6:1'],
        [ENCODERS, '6.6.6.6:2'],
      ] as const;
      const decision = await sut.chat(content, { headers });
      expect(isDecoder(decision.endpoint)).toBe(true);
      expect(isPrefiller(decision.headers.get(PREFILLER))).toBe(true);
      expect(decision.headers.has(ENCODERS)).toBe(false);
    }
    const { profiles, picked } = await sut.explained();
    expect(Object.keys(profiles).sort()).toEqual(['decode', 'prefill']);
    expect(isDecoder(picked[0])).toBe(true);
    expect(profiles['prefill']!.filters[0]!.dropped).toEqual(DECODE.map((one) => one.endpoint));
  });

  it('names none where little is left to prefill: prefix-based-pd-decider', async () => {
    const sut = await start('type: prefix-based-pd-decider, parameters: {nonCachedTokens: 256}');
    const first = await sut.chat(LONG);
    expect(isPrefiller(first.headers.get(PREFILLER))).toBe(true);
    const headers = [[PREFILLER, '6.6.6.6:1']] as const;
    const again = await sut.chat(LONG, { headers });
    expect([again.endpoint, again.headers.has(PREFILLER)]).toEqual([first.endpoint, false]);
    const longer = await sut.chat(LONG + 'and another one '.repeat(400));
    expect(longer.endpoint).toBe(first.endpoint);
    expect(longer.headers.get(PREFILLER)).toBe(first.headers.get(PREFILLER));
    expect((await sut.chat('short')).headers.has(PREFILLER)).toBe(false);
  });

  it('names none where that is switched off: nonCachedTokens 0', async () => {
    const sut = await start('type: prefix-based-pd-decider, parameters: {nonCachedTokens: 0}');
    expect((await sut.chat(LONG)).headers.has(PREFILLER)).toBe(false);
  });

  it('goes on without a prefiller where there is none', async () => {
    const sut = await start('type: always-disagg-pd-decider', DECODE);
    const decision = await sut.chat(LONG);
    expect([isDecoder(decision.endpoint), decision.headers.has(PREFILLER)]).toEqual([true, false]);
  });

  it('refuses where there is no decoder', async () => {
    const sut = await start('type: always-disagg-pd-decider', PREFILL);
    expect([429, 503]).toContain((await sut.chat(LONG)).immediate?.status);
  });

  it('sends a GET to a decoder', async () => {
    const sut = await start('type: always-disagg-pd-decider');
    for (let i = 0; i < 6; i++) {
      expect(isDecoder((await sut.ask({ path: '/v1/models' })).endpoint)).toBe(true);
    }
  });

  it('names encoders for images: always-disagg-multimodal-decider', async () => {
    const sut = await start(
      'type: always-disagg-multimodal-decider',
      [...PREFILL, ...DECODE, ...ENCODE],
      '{type: disagg-profile-handler, parameters: {deciders: {encode: sut}}}',
      `${PROFILES}- {name: encode, plugins: [{pluginRef: encode-filter}]}\n`,
    );
    const image = { type: 'image_url', image_url: { url: 'http://images.test/1.png' } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'what is it?' }, image] }];
    const seen = await sut.ask({ body: { model: 'm', messages } });
    expect(isDecoder(seen.endpoint)).toBe(true);
    expect(seen.headers.get(ENCODERS)).toBe(ENCODE[0]!.endpoint);
    const text = await sut.chat('what is it?');
    expect([isDecoder(text.endpoint), text.headers.has(ENCODERS)]).toEqual([true, false]);
  });

  it('takes profiles of other names', async () => {
    const sut = await start(
      'type: always-disagg-pd-decider',
      undefined,
      '{type: disagg-profile-handler, parameters: {profiles: {prefill: first, decode: then}, deciders: {prefill: sut}}}',
      PROFILES.replace('name: prefill', 'name: first').replace('name: decode', 'name: then'),
    );
    const decision = await sut.chat(LONG);
    expect(isDecoder(decision.endpoint)).toBe(true);
    expect(isPrefiller(decision.headers.get(PREFILLER))).toBe(true);
  });

  it.each(['BUFFERED', 'STREAMED', 'NONE'] as const)(
    'names a prefiller in mode %s',
    async (mode) => {
      const sut = await start('type: always-disagg-pd-decider');
      const decision = await sut.chat(LONG, { mode });
      expect(isDecoder(decision.endpoint)).toBe(true);
      expect(isPrefiller(decision.headers.get(PREFILLER))).toBe(true);
    },
  );
});

describe('older handlers', () => {
  it('pd-profile-handler names a prefiller too', async () => {
    const sut = await start(
      'type: always-disagg-pd-decider',
      undefined,
      '{type: pd-profile-handler, parameters: {threshold: 0}}',
    );
    const decision = await sut.chat(LONG);
    expect(isDecoder(decision.endpoint)).toBe(true);
    expect(isPrefiller(decision.headers.get(PREFILLER))).toBe(true);
  });

  it('header-profile-handler runs the profile that a request names, else decode', async () => {
    const sut = await start(
      'type: always-disagg-pd-decider',
      undefined,
      '{type: header-profile-handler}',
    );
    const of = async (...headers: (readonly [string, string])[]) =>
      (await sut.chat('x', { headers })).endpoint;
    expect(isPrefiller(await of(['EPP-Profile', 'prefill']))).toBe(true);
    expect(isDecoder(await of(['epp-profile', 'decode']))).toBe(true);
    expect(isDecoder(await of())).toBe(true);
  });
});
