import { describe, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { arbitraryJson, seededRandom } from '../../../test/support/arbitrary-json.js';
import { GENERATE_APIS, expectedPrefill, memberTexts } from '../../../test/support/leg-oracle.js';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { parseTarget, type Target } from '../../endpoint/target.js';
import type { GenerateApi } from '../../openai/api.js';
import type { LegPair } from '../connector.js';
import { SglangConnector } from './sglang.connector.js';

const connector = new SglangConnector(8998);
const PREFILLER = parseTarget('10.1.1.1:8000')!;
const MEETING = ['bootstrap_host', 'bootstrap_port', 'bootstrap_room'];

interface Pair {
  readonly prefill: string;
  readonly decode: string;
  readonly room: string;
}

/** @returns both legs with the room as `ROOM`, and its digits */
function pairs(
  body: string,
  api: GenerateApi = 'completions',
  targets: Target[] = [PREFILLER],
): Pair[] {
  const plan = connector.plan(connectorRequest(body, api));
  return targets.map((target) => {
    const pair = plan.pair(target) as LegPair;
    const [prefill, decode] = [pair.prefill, pair.decode].map(textOf);
    const [, room] = /(?<!\d)([4-6]\d{18})(?!\d)/.exec(prefill!)!;
    return {
      prefill: prefill!.replaceAll(room!, 'ROOM'),
      decode: decode!.replaceAll(room!, 'ROOM'),
      room: room!,
    };
  });
}

const MEET = '"bootstrap_host":"10.1.1.1","bootstrap_port":8998,"bootstrap_room":ROOM';

describe(SglangConnector.name, () => {
  it('sends both engines to one room, the prefiller for one token', () => {
    const body = ' {"prompt":"x", "stream":true,"max_tokens":50,"seed":12345678901234567890}\n';
    const [{ prefill, decode }] = pairs(body) as [Pair];
    expect(prefill).toBe(
      ` {"prompt":"x", "stream":true,"max_tokens":1,"seed":12345678901234567890,${MEET}}\n`,
    );
    expect(decode).toBe(
      ` {"prompt":"x", "stream":true,"max_tokens":50,"seed":12345678901234567890,${MEET}}\n`,
    );
    expect(connector.prefillHeaders).toEqual({ 'x-kv-connector': 'sglang' });
  });

  it('meets at the port of a prefiller that has one of its own', () => {
    const [{ prefill, decode }] = pairs('{}', 'completions', [
      { ...PREFILLER, bootstrapPort: 9001 } as Target,
    ]) as [Pair];
    expect(prefill).toContain('"bootstrap_port":9001,');
    expect(decode).toContain('"bootstrap_port":9001,');
  });

  it.each([
    ['chat_completions', '"max_tokens":1,"max_completion_tokens":1'],
    ['completions', '"max_tokens":1'],
    ['messages', '"max_tokens":1'],
    ['responses', '"max_output_tokens":1'],
    ['generate', '"sampling_params":{"max_tokens":1}'],
  ] as const)('limits the prefill of %s to one token where no limit was sent', (api, limits) => {
    const [{ prefill, decode }] = pairs('{"a":1.0}', api) as [Pair];
    expect(prefill).toBe(`{"a":1.0,${limits},${MEET}}`);
    expect(decode).toBe(`{"a":1.0,${MEET}}`);
  });

  it('names a room whose digits no float holds, and another one for each attempt', () => {
    const rooms = pairs('{}', 'completions', Array<Target>(500).fill(PREFILLER)).map(({ room }) =>
      BigInt(room),
    );
    for (const room of rooms) {
      expect(room > 2n ** 53n).toBe(true);
      // With room for the index of a prompt in a batch, which SGLang adds.
      expect(room + 65_536n < 2n ** 63n).toBe(true);
    }
    expect(new Set(rooms).size).toBe(500);
    expect(rooms.some((room) => BigInt(Number(room)) !== room)).toBe(true);
  });

  it.each([
    ['an IPv6 address', parseTarget('[2001:DB8:0::1]:8000')!, '2001:db8::1'],
    ['a name', parseTarget('Prefill-0.example:8000')!, 'prefill-0.example'],
    [
      'the address that a name was checked at',
      { ...parseTarget('pod-a:8000')!, addresses: ['10.2.2.2', '10.3.3.3'] },
      '10.2.2.2',
    ],
  ])('spells %s as a host', (_, target, host) => {
    const [{ prefill, decode }] = pairs('{}', 'completions', [target]) as [Pair];
    expect(prefill).toContain(`"bootstrap_host":"${host}"`);
    expect(decode).toContain(`"bootstrap_host":"${host}"`);
  });

  it('prefills at the address that the decoder is told, of several', () => {
    const pod = { ...parseTarget('pod-a:8000')!, addresses: ['10.2.2.2', '10.3.3.3'] };
    const plan = connector.plan(connectorRequest('{}', 'completions'));
    const { prefill } = plan.pair(pod) as LegPair;
    expect(prefill.target).toEqual({ ...pod, addresses: ['10.2.2.2'] });
  });

  it("lets no client's own meeting place through, of several of them", () => {
    const body =
      '{"bootstrap_host":"evil","a":1,"bootstrap_host":"evil","bootstrap_port":1,"bootstrap_room":[2],"kv_transfer_params":{"remote_host":"evil"}}';
    const [{ prefill, decode }] = pairs(body) as [Pair];
    expect(decode).toBe(
      '{"bootstrap_host":"10.1.1.1","a":1,"bootstrap_host":"10.1.1.1","bootstrap_port":8998,"bootstrap_room":ROOM}',
    );
    expect(prefill).not.toMatch(/evil|:1,"bootstrap_room"|\[2\]/);
  });

  it.each(GENERATE_APIS)('differs from 500 random bodies of %s in what it must alone', (api) => {
    const random = seededRandom(api.length);
    const names = ['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'min_tokens'];
    names.push('n', 'best_of', 'stream', 'sampling_params', 'kv_transfer_params', ...MEETING);
    const ours = new Set(['kv_transfer_params', ...MEETING]);
    for (let round = 0; round < 500; round++) {
      const body = arbitraryJson(random, names);
      const [pair] = pairs(body, api) as [Pair];
      const met = { bootstrap_host: '10.1.1.1', bootstrap_port: 8998, bootstrap_room: 7 };
      const prefill = pair.prefill.replaceAll('ROOM', '7');
      const decode = pair.decode.replaceAll('ROOM', '7');
      const { kv_transfer_params: _, ...original } = JSON.parse(body) as Record<string, unknown>;
      const expected = expectedPrefill('sglang', api, original);
      const edited = new Set([...expected.names, ...MEETING]);
      const same =
        isDeepStrictEqual(JSON.parse(prefill), { ...expected.result, ...met }) &&
        isDeepStrictEqual(JSON.parse(decode), { ...original, ...met }) &&
        isDeepStrictEqual(memberTexts(prefill, edited), memberTexts(body, edited)) &&
        isDeepStrictEqual(memberTexts(decode, ours), memberTexts(body, ours));
      if (!same) expect({ body, prefill, decode }).toBe('legs as the oracle wants them');
    }
  });
});
