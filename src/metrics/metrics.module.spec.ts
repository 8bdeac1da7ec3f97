import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { MetricsModule } from './metrics.module.js';
import { SidecarMetrics } from './sidecar.metrics.js';

const applications: INestApplication<Server>[] = [];

async function serve(module: Parameters<typeof NestFactory.create>[0]): Promise<string> {
  const app = await NestFactory.create<INestApplication<Server>>(module, { logger: false });
  applications.push(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://127.0.0.1:${port}/metrics`;
}

describe(MetricsModule.name, () => {
  afterEach(async () => {
    for (const app of applications.splice(0)) await app.close();
  });

  it('serves /metrics in the text format, with process metrics', async () => {
    const metrics = new SidecarMetrics([]);
    metrics.collectProcessMetrics();
    metrics.retried();
    const response = await fetch(await serve(MetricsModule.withEndpoint(metrics)));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('\nsidecar_retries_total 1\n');
    expect(text).toContain('\nprocess_cpu_seconds_total ');
    expect(text).toContain('\nnodejs_eventloop_lag_p99_seconds ');
  });

  it('serves two applications of one process apart', async () => {
    const [one, other] = [new SidecarMetrics([]), new SidecarMetrics([])];
    one.retried();
    const urls = [
      await serve(MetricsModule.withEndpoint(one)),
      await serve(MetricsModule.withEndpoint(other)),
    ];
    const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
    expect(texts[0]).toContain('\nsidecar_retries_total 1\n');
    expect(texts[1]).toContain('\nsidecar_retries_total 0\n');
  });

  it('leaves /metrics to others where only counting is asked for', async () => {
    const response = await fetch(await serve(MetricsModule.of(new SidecarMetrics([]))));
    expect(response.status).toBe(404);
  });
});
