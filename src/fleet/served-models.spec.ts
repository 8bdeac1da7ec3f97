import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { specAt } from '../../test/support/endpoint-spec.js';
import { until } from '../../test/support/raw-client.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { Fleet } from './fleet.js';
import { ServedModels } from './served-models.js';

describe('a worker that does not tell its models', () => {
  let server: Server;
  let status: number;
  let asked: number;
  beforeEach(async () => {
    status = 401;
    asked = 0;
    server = createServer((_, response) => {
      asked++;
      response.writeHead(status).end('{"data":[{"id":"tiny"}]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  it('is told of once, with the reason, and asked until it does', async () => {
    const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
    const logger = new RecordingLogger();
    const models = new ServedModels(fleet, logger, { retry: 5, interval: 10, timeout: 5_000 });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [endpoint] = fleet.add(specAt(url))!;
    endpoint.status = 'ready';
    await until(() => asked >= 5);
    status = 200;
    await until(() => endpoint.models?.includes('tiny') === true);
    models.stop();
    const lines = logger.lines.map(({ message, fields }) => [message, fields['reason']]);
    expect(lines).toEqual([
      ['worker does not tell its models', 'GET /v1/models lists none: does it ask for a key?'],
      ['worker serves', undefined],
    ]);
  });
});
