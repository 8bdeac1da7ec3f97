import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { specAt } from '../../test/support/endpoint-spec.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { until } from '../../test/support/raw-client.js';
import { Fleet } from './fleet.js';
import { Prober } from './prober.js';

const POLICY = { interval: 20, timeout: 5_000, failures: 3, successes: 1, path: '/health' };

describe('a worker that does not answer well from the start', () => {
  let server: Server;
  let status: number;
  let asked: number;
  beforeEach(async () => {
    status = 503;
    asked = 0;
    server = createServer((_, response) => {
      asked++;
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  it('is told of once, with the reason, long before it is given up', async () => {
    const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
    const logger = new RecordingLogger();
    const prober = new Prober(fleet, { ...POLICY, startup: 600_000, startupInterval: 20 }, logger);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [endpoint] = fleet.add(specAt(url))!;
    await until(() => asked >= 6);
    expect(endpoint.status).toBe('pending');
    status = 200;
    await until(() => endpoint.status === 'ready');
    prober.stop();
    const lines = logger.lines.map(({ message, fields }) => [message, fields['reason']]);
    expect(lines).toEqual([
      ['worker does not answer well yet', 'status 503'],
      ['worker changed', undefined],
    ]);
  });
});
