import { afterEach, describe, expect, it } from '@jest/globals';
import { MetricsServer } from '../../test/support/metrics-server.js';
import { until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ModelsDataExtractor } from './models-data-extractor.js';
import { ModelsDataSource } from './models-data-source.js';
import { ServedModels } from './served-models.js';

const list = (...ids: string[]): string =>
  JSON.stringify({ object: 'list', data: ids.map((id) => ({ id, object: 'model' })) });

describe(ServedModels.name, () => {
  const opened: { stop(): Promise<void> }[] = [];
  const told: (readonly string[])[] = [];

  afterEach(async () => {
    told.length = 0;
    for (const one of opened.splice(0).reverse()) await one.stop();
  });

  async function ask(answer: string): Promise<{ server: MetricsServer; models: ServedModels }> {
    const server = await MetricsServer.start(answer);
    const models = new ServedModels({
      source: new ModelsDataSource('/v1/models', undefined, 50),
      extractor: new ModelsDataExtractor(),
      logger: new SilentLogger(),
      changed: (id, ids) => told.push([id, ...ids]),
    });
    opened.push(server, { stop: () => Promise.resolve(models.close()) });
    models.add({ id: 'a', host: '127.0.0.1', port: server.port });
    return { server, models };
  }

  it('tells the models of a server when they change', async () => {
    const { server } = await ask(list('base', 'adapter'));
    await until(() => server.asked.length >= 3);
    server.tell(list('base'));
    await until(() => told.length === 2);
    expect(told).toEqual([
      ['a', 'base', 'adapter'],
      ['a', 'base'],
    ]);
    expect(server.asked[0]).toBe('/v1/models');
  });

  it.each(['not JSON', '{}', 'null', '{"data":"x"}'])(
    'counts %j as no list, and asks again',
    async (text) => {
      const { server, models } = await ask(text);
      await until(() => models.errors >= 2);
      server.tell(list('base'));
      await until(() => told.length === 1);
    },
  );

  it('asks a server no more that has left', async () => {
    const { server, models } = await ask(list('base'));
    await until(() => told.length === 1);
    models.remove('a');
    await until(() => server.open === 0);
  });
});
