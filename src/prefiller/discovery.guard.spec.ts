import { beforeEach, describe, expect, it } from '@jest/globals';
import { contextOf } from '../../test/support/http-context.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { pod, PoolStub } from '../../test/support/pool-stub.js';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { parseTarget } from '../endpoint/target.js';
import { bindExchange } from '../proxy/exchange.js';
import { AllowAll } from '../ssrf/allowlist.js';
import { DiscoveryGuard } from './discovery.guard.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { Prefillers } from './prefillers.js';

const { config } = loadConfig();

describe(DiscoveryGuard.name, () => {
  let pool: PoolStub;
  let prefillers: Prefillers;
  let allowlist: AllowAll;
  beforeEach(() => {
    pool = new PoolStub();
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.2')]);
    prefillers = new Prefillers({ threshold: 1, cooldown: 10_000 });
    allowlist = new AllowAll();
  });

  const found = (lines: string[] = [], prefillerDiscovery = true): string | undefined => {
    const exchange = exchangeWith(lines);
    bindExchange(exchange);
    const known = new PoolPrefillers(pool, undefined, undefined);
    const guard = new DiscoveryGuard(
      { ...config, prefillerDiscovery },
      known,
      prefillers,
      allowlist,
    );
    expect(guard.canActivate(contextOf(exchange))).toBe(true);
    return exchange.route?.candidates[0]!.label;
  };

  it('is off by default', () => {
    expect(config.prefillerDiscovery).toBe(false);
    expect(found([], false)).toBeUndefined();
  });

  it('takes the prefiller with the least in flight', () => {
    prefillers.begin(parseTarget('10.0.0.1:8000')!);
    expect(found()).toBe('10.0.0.2:8000');
  });

  it('passes over those that are left alone or not allowed', () => {
    prefillers.begin(parseTarget('10.0.0.1:8000')!)!('failure');
    expect(found()).toBe('10.0.0.2:8000');
    allowlist.stillAllows = () => false;
    expect(found()).toBeUndefined();
  });

  it('decodes alone when there is none', () => {
    pool.set([]);
    expect(found()).toBeUndefined();
  });

  it.each([
    [['x-prefiller-host-port', '']],
    [['X-Prefiller-Host-Port', '1.2.3.4:5']],
    [['x-prefiller-url', '']],
    [['content-encoding', 'gzip']],
    [['x-kv-connector', 'nixl']],
    [['x-decoder-host-port', '10.0.0.9:8001']],
  ])('leaves a request alone that has %j', (lines) => {
    expect(found(lines)).toBeUndefined();
  });
});
