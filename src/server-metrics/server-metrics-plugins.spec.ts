import { describe, expect, it } from '@jest/globals';
import { TlsFiles } from '../../test/support/tls-files.js';
import { ConfigError } from '../config/config-error.js';
import { SilentLogger } from '../logging/silent-logger.js';
import type { CoreMetricsExtractor } from './core-metrics-extractor.js';
import { readDataSources } from './data-sources.js';
import { MetricsDataSource } from './metrics-data-source.js';
import { ModelsDataSource } from './models-data-source.js';
import { SERVER_METRICS_PLUGINS } from './server-metrics-plugins.js';

function make(type: string, parameters: object = {}): object {
  const definition = SERVER_METRICS_PLUGINS.find((one) => one.type === type)!;
  return definition.create(definition.parameters.parse(parameters), {
    ...{ name: type, logger: new SilentLogger(), services: {} },
    ...{ now: () => 0, random: () => 0, plugin: () => undefined },
  });
}

const plugin = (type: string, name = type): { name: string; type: string; plugin: object } => ({
  ...{ name, type, plugin: make(type) },
});

describe('plugins of server metrics', () => {
  it('ask for metrics over plain HTTP unless told otherwise', () => {
    expect(make('metrics-data-source')).toEqual(
      new MetricsDataSource('/metrics', undefined, true, undefined),
    );
    expect(make('models-data-source')).toEqual(
      new ModelsDataSource('/v1/models', undefined, undefined),
    );
  });

  it('take the parameters of llm-d', async () => {
    const files = await TlsFiles.create(['127.0.0.1']);
    const [cert, key] = [`${files.folder}/tls.crt`, `${files.folder}/tls.key`];
    const parameters = {
      scheme: 'https',
      path: '/m',
      interval: '250ms',
      insecureSkipVerify: false,
    };
    const paths = { caCertPath: cert, clientCertPath: cert, clientKeyPath: key };
    expect(make('metrics-data-source', { ...parameters, ...paths })).toEqual(
      new MetricsDataSource(
        '/m',
        {
          ...{ insecureSkipVerify: false, caCert: files.pair.cert },
          ...{ clientCert: files.pair.cert, clientKey: files.pair.key },
        },
        true,
        250,
      ),
    );
    await files.remove();
  });

  it.each([
    [{}, true],
    [{ insecureSkipVerify: false }, false],
  ])('verify certificates by %j: %s', (parameters, insecureSkipVerify) => {
    const source = make('metrics-data-source', { scheme: 'https', ...parameters });
    expect((source as MetricsDataSource).tls).toMatchObject({
      insecureSkipVerify,
    });
  });

  it.each([
    ['metrics-data-source', { scheme: 'ftp' }],
    ['metrics-data-source', { path: 'metrics' }],
    ['metrics-data-source', { path: '/a b' }],
    ['metrics-data-source', { interval: 50 }],
    ['metrics-data-source', { port: 8000 }],
    ['metrics-data-source', { scheme: 'https', caCertPath: '/nowhere/ca.crt' }],
    ['metrics-data-source', { clientCertPath: '/nowhere/tls.crt' }],
    ['core-metrics-extractor', { defaultEngine: 'unknown' }],
    ['core-metrics-extractor', { engineConfigs: [{ name: 'a' }, { name: 'a' }] }],
    ['core-metrics-extractor', { engineConfigs: [{ name: 'a', loraSpec: '{}' }] }],
    ['core-metrics-extractor', { engineConfigs: [{ queuedRequestsSpec: 'a' }] }],
    ['core-metrics-extractor', { engineConfigs: [{ name: 'a', queueSpec: 'a' }] }],
    ['models-data-extractor', { path: '/' }],
  ])('%s refuses %j', (type, parameters) => {
    expect(() => make(type, parameters)).toThrow();
  });

  it('lets a configuration add engines and change those that are known', () => {
    const { engines, defaultEngine } = make('core-metrics-extractor', {
      defaultEngine: 'mine',
      engineConfigs: [
        { name: 'mine', queuedRequestsSpec: 'depth{queue="main"}', customMetrics: [] },
        { name: 'vllm', kvUsageSpec: 'vllm:gpu_cache_usage_perc', loraSpec: '' },
      ],
    }) as CoreMetricsExtractor;
    expect(defaultEngine).toBe('mine');
    expect(engines.find(({ name }) => name === 'mine')).toMatchObject({
      ...{
        waiting: { name: 'depth', labels: [['queue', 'main']] },
        running: undefined,
        kvUsage: [],
      },
    });
    expect(engines.find(({ name }) => name === 'vllm')).toMatchObject({
      waiting: { name: 'vllm:num_requests_waiting', labels: [] },
      kvUsage: [{ name: 'vllm:gpu_cache_usage_perc', labels: [] }],
      lora: undefined,
      blockSizeLabel: 'block_size',
    });
    expect(engines.map(({ name }) => name)).toContain('triton');
  });
});

describe(readDataSources.name, () => {
  const metrics = {
    source: plugin('metrics-data-source'),
    extractors: [plugin('core-metrics-extractor')],
  };
  const models = {
    source: plugin('models-data-source'),
    extractors: [plugin('models-data-extractor')],
  };

  it('finds what is asked, and nothing where nothing is', () => {
    const found = readDataSources([models, metrics]);
    expect(found.metrics?.source).toBe(metrics.source.plugin);
    expect(found.models?.extractor).toBe(models.extractors[0]!.plugin);
    expect(readDataSources([])).toEqual({});
  });

  it.each([
    [
      'a second source',
      [metrics, { ...metrics, source: plugin('metrics-data-source', 'again') }],
      'again',
    ],
    ['no extractor', [{ ...metrics, extractors: [] }], 'metrics-data-source has no extractor'],
    [
      'the extractor of another one',
      [{ ...metrics, extractors: models.extractors }],
      'models-data-extractor',
    ],
    [
      'two extractors',
      [{ ...models, extractors: [...models.extractors, plugin('models-data-extractor', 'too')] }],
      'too',
    ],
  ])('refuses %s by its name', (_, setups, name) => {
    expect(() => readDataSources(setups)).toThrow(ConfigError);
    expect(() => readDataSources(setups)).toThrow(name);
  });
});
