import { describe, expect, it } from '@jest/globals';
import { HealthRegistry } from './health-registry.service.js';

describe(HealthRegistry.name, () => {
  it('keeps indicators in the order of their registration', () => {
    const sut = new HealthRegistry();
    const [a, b] = [{ name: 'a' }, { name: 'b' }].map((named) => ({
      ...named,
      check: () => ({ ready: true }),
    })) as [Parameters<HealthRegistry['register']>[0], Parameters<HealthRegistry['register']>[0]];
    sut.register(a);
    sut.register(b);
    expect(sut.indicators).toEqual([a, b]);
  });

  it('refuses a name that is taken', () => {
    const sut = new HealthRegistry();
    sut.register({ name: 'decoder', check: () => ({ ready: true }) });
    expect(() => sut.register({ name: 'decoder', check: () => ({ ready: true }) })).toThrow(
      'decoder',
    );
  });
});
