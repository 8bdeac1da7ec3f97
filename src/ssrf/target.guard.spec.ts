import { describe, expect, it } from '@jest/globals';
import { encoderConfig } from '../../test/support/encoder-fixture.js';
import { contextOf } from '../../test/support/http-context.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { bindExchange } from '../proxy/exchange.js';
import { TargetGuard } from './target.guard.js';

const { config } = loadConfig();

/** @returns labels of the candidates; undefined when the request is not routed */
function candidates(lines: string[], enablePrefillerSampling = false): string[] | undefined {
  const exchange = exchangeWith(lines);
  bindExchange(exchange);
  const guard = new TargetGuard({ ...config, enablePrefillerSampling });
  expect(guard.canActivate(contextOf(exchange))).toBe(true);
  return exchange.route?.candidates.map(({ label }) => label);
}

const HEADER = 'X-Prefiller-Host-Port';

describe(TargetGuard.name, () => {
  it.each<[string[], string[] | undefined]>([
    [[], undefined],
    [[HEADER, ''], undefined],
    [[HEADER, ' , ,'], undefined],
    [[HEADER, 'a:1'], ['a:1']],
    [
      [HEADER, 'a:1, b:2', HEADER.toLowerCase(), 'c:3'],
      ['a:1', 'b:2', 'c:3'],
    ],
    [['x-prefiller-url', 'http://a:1'], ['a:1']],
    [[HEADER, '', 'x-prefiller-url', 'http://a:1'], ['a:1']],
    [['x-prefiller-url', 'b:2', HEADER, 'a:1'], ['a:1']],
  ])('reads %j', (lines, expected) => {
    expect(candidates(lines)).toEqual(expected);
  });

  it.each([
    [[HEADER, 'a']],
    [[HEADER, 'a:1,b']],
    [[HEADER, 'a:1', HEADER, 'http://b:2/x']],
    [[HEADER, 'a:1 b:2']],
    [['x-prefiller-url', 'http://a:1/']],
    [[HEADER, 'x', 'x-prefiller-url', 'http://a:1']],
  ])('refuses %j', (lines) => {
    expect(() => candidates(lines)).toThrow(
      expect.objectContaining({ code: 'bad_routing_header' }),
    );
  });

  it('asks no candidate twice', () => {
    expect(candidates([HEADER, 'a:1, A:1,b:2', HEADER, 'a:1'])).toEqual(['a:1', 'b:2']);
  });

  it.each(['x-encoder-hosts-ports', 'x-kv-cache-source-host-port'])(
    'checks the form of %s too',
    (name) => {
      expect(candidates([name, 'a:1, b:2'])).toBeUndefined();
      expect(() => candidates([name, 'a:1@b:2'])).toThrow(
        expect.objectContaining({ code: 'bad_routing_header' }),
      );
    },
  );

  it('reads encoders where something is encoded, each once', () => {
    const named = (ecConnector: string | undefined): string[] | undefined => {
      const exchange = exchangeWith([
        'X-Encoder-Hosts-Ports',
        'a:1, http://b:2',
        'x-encoder-hosts-ports',
        'A:1,,',
      ]);
      bindExchange(exchange);
      new TargetGuard({ ...config, ...encoderConfig(ecConnector) }).canActivate(
        contextOf(exchange),
      );
      return exchange.encoders?.map(({ label }) => label);
    };
    expect([named('ec-nixl'), named(undefined), named('')]).toEqual([
      ['a:1', 'b:2'],
      undefined,
      undefined,
    ]);
    const exchange = exchangeWith(['x-encoder-hosts-ports', ' , ']);
    bindExchange(exchange);
    new TargetGuard({ ...config, ...encoderConfig('ec-nixl') }).canActivate(contextOf(exchange));
    expect(exchange.encoders).toBeUndefined();
  });

  it('reads where KV may be pulled from, the first one', () => {
    const exchange = exchangeWith(['x-kv-cache-source-host-port', ' ,http://b:2, c:3']);
    bindExchange(exchange);
    new TargetGuard(config).canActivate(contextOf(exchange));
    expect([exchange.kvSource?.label, exchange.route]).toEqual(['b:2', undefined]);
  });

  it('bounds what it tells of a bad header', () => {
    expect(() => candidates([HEADER, 'x'.repeat(100_000)])).toThrow(/^.{0,600}$/);
  });

  it('puts any candidate first when sampling, and keeps the others', () => {
    const first = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const found = candidates([HEADER, 'a:1,b:2,c:3'], true)!;
      expect([...found].sort()).toEqual(['a:1', 'b:2', 'c:3']);
      first.add(found[0]!);
    }
    expect(first.size).toBe(3);
  });
});
