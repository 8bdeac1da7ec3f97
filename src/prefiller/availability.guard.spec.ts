import { beforeEach, describe, expect, it } from '@jest/globals';
import { contextOf } from '../../test/support/http-context.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { pod, PoolStub } from '../../test/support/pool-stub.js';
import { loadConfig } from '../../test/support/sidecar-config.js';
import type { SidecarConfig } from '../config/sidecar.config.js';
import { parseTargets } from '../endpoint/target.js';
import { bindExchange, type Exchange } from '../proxy/exchange.js';
import type { Breakers } from '../resilience/breakers.js';
import { CircuitBreakers } from '../resilience/circuit-breakers.js';
import { AllowAll } from '../ssrf/allowlist.js';
import { AvailabilityGuard } from './availability.guard.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { NoSharing } from './prefiller-sharing.js';
import { Prefillers } from './prefillers.js';

const { config } = loadConfig();

describe(AvailabilityGuard.name, () => {
  let pool: PoolStub;
  let prefillers: Prefillers;
  let allowlist: AllowAll;
  beforeEach(() => {
    pool = new PoolStub();
    prefillers = new Prefillers({ threshold: 1, cooldown: 10_000 });
    allowlist = new AllowAll();
  });

  const order = (
    candidates: string | undefined,
    prefillerFallback: SidecarConfig['prefillerFallback'] = 'candidates',
  ): string[] | undefined => {
    const exchange = exchangeWith();
    if (candidates !== undefined) {
      exchange.route = { candidates: parseTargets([candidates])! };
    }
    bindExchange(exchange);
    const known = new PoolPrefillers(pool, undefined, undefined);
    const guard = new AvailabilityGuard(
      { ...config, prefillerFallback },
      known,
      prefillers,
      allowlist,
    );
    expect(guard.canActivate(contextOf(exchange))).toBe(true);
    return exchange.route?.candidates.map(({ label }) => label);
  };
  const target = (text: string) => parseTargets([text])![0]!;

  it('has nothing to say of a request without a prefill', () => {
    expect(order(undefined)).toBeUndefined();
  });

  it('asks the candidates in the order of the request, or the first alone', () => {
    expect(order('a:1,b:1')).toEqual(['a:1', 'b:1']);
    expect(order('a:1,b:1', 'none')).toEqual(['a:1']);
  });

  it('asks an unhealthy candidate last', () => {
    prefillers.setHealthy(target('a:1'), false);
    expect(order('a:1,b:1')).toEqual(['b:1', 'a:1']);
    expect(order('a:1,b:1', 'none')).toEqual(['a:1']);
  });

  it('finds the pods of a large pool that may be asked, wherever they are', () => {
    pool.set(Array.from({ length: 500 }, (_, i) => pod(`p${i}`, `10.0.${i >> 8}.${i & 255}`)));
    for (let i = 0; i < 498; i++)
      prefillers.begin(target(`10.0.${i >> 8}.${i & 255}:7`))!('failure');
    expect(order('x:7', 'pool')!.toSorted()).toEqual(['10.0.1.242:7', '10.0.1.243:7', 'x:7']);
  });

  it('looks at a part of a large pool only', () => {
    pool.set(Array.from({ length: 500 }, (_, i) => pod(`p${i}`, `10.0.${i >> 8}.${i & 255}`)));
    let asked = 0;
    allowlist.stillAllows = () => ++asked > 0;
    expect(order('x:7', 'pool')).toHaveLength(4);
    expect(asked).toBeLessThan(50);
  });

  it('adds a few other pods of the pool at the same port, the least busy first', () => {
    pool.set(Array.from({ length: 9 }, (_, i) => pod(`p${i}`, `10.0.0.${i}`)));
    for (let i = 0; i < 9; i++) {
      for (let n = 0; n < i; n++) prefillers.begin(target(`10.0.0.${i}:7`));
    }
    expect(order('10.0.0.1:7', 'pool')).toEqual([
      '10.0.0.1:7',
      '10.0.0.0:7',
      '10.0.0.2:7',
      '10.0.0.3:7',
    ]);
  });

  it('adds no pod that is left alone or not allowed', () => {
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.2'), pod('c', '10.0.0.3')]);
    prefillers.begin(target('10.0.0.1:7'))!('failure');
    allowlist.stillAllows = ((to: { host: string }) => to.host !== '10.0.0.2') as () => boolean;
    expect(order('x:7', 'pool')).toEqual(['x:7', '10.0.0.3:7']);
  });

  it('refuses when all are left alone, and says for how long', () => {
    prefillers.begin(target('a:1'))!('failure');
    expect(order('a:1,b:1')).toEqual(['a:1', 'b:1']);
    const refused = expect.objectContaining({ code: 'breaker_open', retryAfter: 10 });
    expect(() => order('a:1,b:1', 'none')).toThrow(refused);
    prefillers.begin(target('b:1'))!('failure');
    expect(() => order('a:1,b:1')).toThrow(refused);
  });

  describe('where several processes share a breaker that is half-open', () => {
    let given: boolean;
    let mayProbe: boolean;
    const guarded = (): { exchange: Exchange; admitted: boolean | Promise<boolean> } => {
      given = false;
      const probe = {
        ...new CircuitBreakers({ threshold: 1, cooldown: 1 }),
        claim: () => Promise.resolve(() => (given = true)),
        admits: () => mayProbe,
        retryAfter: () => 5000,
      } as unknown as Breakers;
      const sharing = new NoSharing();
      sharing.breakers = () => probe;
      const shared = new Prefillers({ threshold: 1, cooldown: 1 }, undefined, undefined, sharing);
      const known = new PoolPrefillers(pool, undefined, undefined);
      const guard = new AvailabilityGuard(config, known, shared, allowlist);
      const exchange = exchangeWith();
      exchange.route = { candidates: [target('a:1')] };
      bindExchange(exchange);
      return { exchange, admitted: guard.canActivate(contextOf(exchange)) };
    };

    it('waits for the probe, and gives it back when the response is over', async () => {
      mayProbe = true;
      const { exchange, admitted } = guarded();
      expect(admitted).toBeInstanceOf(Promise);
      expect(await admitted).toBe(true);
      expect(given).toBe(false);
      exchange.response.emit('close');
      expect(given).toBe(true);
    });

    it('refuses when it did not get it', async () => {
      mayProbe = false;
      await expect(guarded().admitted).rejects.toMatchObject({
        code: 'breaker_open',
        retryAfter: 5,
      });
    });
  });
});
