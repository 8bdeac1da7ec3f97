import { describe, expect, it } from '@jest/globals';
import { poolApis } from './pool-apis.js';

describe(poolApis.name, () => {
  const named = (group?: string, version?: string): string[] =>
    poolApis({
      namespace: 'demo',
      name: 'pool',
      ...(group !== undefined && { group }),
      ...(version !== undefined && { version }),
    }).map((api) => `${api.group}/${api.version}`);

  it('asks the newest one first when none is named', () => {
    expect(named()).toEqual([
      'inference.networking.k8s.io/v1',
      'inference.networking.x-k8s.io/v1alpha2',
      'inference.llm-d.ai/v1alpha1',
    ]);
  });

  it('asks only the one that is named', () => {
    expect(named('inference.networking.x-k8s.io')).toEqual([
      'inference.networking.x-k8s.io/v1alpha2',
    ]);
    expect(named('inference.networking.k8s.io', 'v2')).toEqual(['inference.networking.k8s.io/v2']);
    expect(named('pools.example.com', 'v7')).toEqual(['pools.example.com/v7']);
  });

  it('takes a version alone for the group that is known by it, else for the newest', () => {
    expect(named(undefined, 'v1alpha2')).toEqual(['inference.networking.x-k8s.io/v1alpha2']);
    expect(named(undefined, 'v1beta9')).toEqual(['inference.networking.k8s.io/v1beta9']);
  });

  it('refuses a group that nobody knows without its version', () => {
    expect(() => named('pools.example.com')).toThrow('needs a version too');
  });
});
