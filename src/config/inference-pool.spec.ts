import { describe, expect, it } from '@jest/globals';
import { inferencePool } from './inference-pool.js';
import { loadConfig } from '../../test/support/sidecar-config.js';

const SSRF = '--enable-ssrf-protection';
const load = (argv: string[], env: Record<string, string> = {}) => loadConfig({ argv, env });
const poolOf = (argv: string[], env?: Record<string, string>) =>
  load(argv, env).config.inferencePool;

describe(inferencePool.name, () => {
  it('is named by one flag, by two, or by the environment', () => {
    const pool = { namespace: 'ns', name: 'pool' };
    expect(poolOf([SSRF, '--inference-pool=ns/pool'])).toEqual(pool);
    expect(poolOf([SSRF, '-inference-pool-namespace=ns', '-inference-pool-name', 'pool'])).toEqual(
      pool,
    );
    expect(poolOf([SSRF], { INFERENCE_POOL: 'ns/pool' })).toEqual(pool);
    expect(poolOf([SSRF], { INFERENCE_POOL_NAMESPACE: 'ns', INFERENCE_POOL_NAME: 'pool' })).toEqual(
      pool,
    );
  });

  it('is in the namespace default when its name is bare', () => {
    expect(poolOf([SSRF, '--inference-pool=pool'])).toEqual({ namespace: 'default', name: 'pool' });
  });

  it('prefers the one flag to the two', () => {
    const env = { INFERENCE_POOL_NAMESPACE: 'other', INFERENCE_POOL_NAME: 'other' };
    expect(poolOf([SSRF, '--inference-pool=ns/pool'], env)).toEqual({
      namespace: 'ns',
      name: 'pool',
    });
  });

  it('carries group, version and kubeconfig', () => {
    const argv = [SSRF, '--inference-pool=ns/pool', '--pool-group=g.io', '--pool-version=v1beta1'];
    expect(poolOf(argv, { KUBECONFIG: '/k' })).toEqual({
      namespace: 'ns',
      name: 'pool',
      group: 'g.io',
      version: 'v1beta1',
      kubeconfig: '/k',
    });
  });

  it.each([SSRF, '--prefiller-discovery', '--prefiller-fallback=pool'])(
    'is needed by %s',
    (flag) => {
      expect(poolOf([flag, '--inference-pool=ns/pool'])).toBeDefined();
      expect(() => load([flag])).toThrow('needs an InferencePool');
    },
  );

  it('is not watched where nothing needs it', () => {
    expect(poolOf(['--inference-pool=ns/pool'])).toBeUndefined();
  });

  it.each([
    [['--inference-pool-name=pool'], "needs the InferencePool's namespace"],
    [['--inference-pool=ns/a/b'], '--inference-pool: "a/b" is not a name in Kubernetes'],
    [['--inference-pool=/pool'], '--inference-pool: "" is not a name'],
    [['--inference-pool=ns/..%2f'], 'is not a name'],
    [['--inference-pool=ns/Pool'], 'is not a name'],
    [['--inference-pool=ns/p', '--pool-version=v1'], '--pool-version needs a group'],
    [['--inference-pool=ns/p', '--pool-group=a b'], '--pool-group: "a b" is not a name'],
  ])('refuses %s', (argv, message) => {
    expect(() => load([SSRF, ...argv])).toThrow(message);
  });

  it('says which protection flags have no effect', () => {
    const { ignored } = load([
      '--prefiller-discovery',
      '--inference-pool=ns/p',
      '--ssrf-check-ports',
    ]);
    expect(ignored).toEqual(['--ssrf-check-ports (no effect without --enable-ssrf-protection)']);
  });
});
