import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { NetEngine, saying, whole, type OnHead } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { loadSidecarConfig } from '../config/load-sidecar-config.js';
import type { SidecarConfig } from '../config/sidecar.config.js';
import { parseTarget, type Target } from '../endpoint/target.js';
import type { ProxyError } from '../errors/proxy.error.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import type { BufferedAnswer, Exchange } from '../proxy/exchange.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';
import { clientTls } from '../tls/client-tls.js';
import { PrefillService } from './prefill.service.js';

const { config: DEFAULTS } = loadSidecarConfig({ argv: [], env: {} });
const failing = (status: number, fields = ''): string =>
  `HTTP/1.1 ${status} Bad\r\n${fields}Content-Length: 4\r\n\r\noops`;

describe(PrefillService.name, () => {
  let upstream: UpstreamService;
  let metrics: SidecarMetrics;
  let logger: RecordingLogger;
  let exchange: Exchange;
  let engines: NetEngine[];
  beforeEach(() => {
    upstream = new UpstreamService(4);
    metrics = new SidecarMetrics([]);
    logger = new RecordingLogger();
    exchange = exchangeWith();
    engines = [];
  });
  afterEach(async () => {
    upstream.onApplicationShutdown();
    for (const engine of engines) await engine.stop();
  });

  const start = async (onHead: OnHead): Promise<NetEngine> => {
    const engine = await NetEngine.start(onHead);
    engines.push(engine);
    return engine;
  };
  const targetOf = (port: number): Target => parseTarget(`127.0.0.1:${port}`)!;
  const run = (
    ports: number[],
    config: Partial<SidecarConfig> = {},
    origins = new Origins({ decoderPort: 1 }),
  ): Promise<BufferedAnswer> => {
    const settings = { ...DEFAULTS, retryBackoff: 10, ...config };
    return new PrefillService(upstream, origins, metrics, logger, settings).run({
      exchange,
      candidates: ports.map(targetOf),
      head: ({ label }) => `POST / HTTP/1.1\r\nX-Target: ${label}\r\nContent-Length: 2\r\n\r\n`,
      body: [Buffer.from('{}')],
    });
  };
  const failureOf = async (answer: Promise<BufferedAnswer>): Promise<ProxyError> => {
    const outcome: unknown = await answer.catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Error);
    return outcome as ProxyError;
  };
  const count = async (line: string): Promise<boolean> =>
    (await metrics.registry.metrics()).split('\n').includes(line);

  it('gives the answer of the first candidate, and notes who it was', async () => {
    const engine = await start(saying(whole('{"a":1}', 'X-A: b\r\n')));
    const answer = await run([engine.port, 1]);
    expect(answer.body.toString()).toBe('{"a":1}');
    expect(answer.head.headers).toEqual(['X-A', 'b', 'Content-Length', '7']);
    expect(exchange).toMatchObject({ retries: 0, prefiller: targetOf(engine.port) });
    expect(engine.connections[0]!.received).toContain(`X-Target: 127.0.0.1:${engine.port}\r\n`);
    expect(logger.lines).toEqual([]);
  });

  it.each([200, 201, 204, 302, 400, 404, 429, 499])(
    'gives an answer of status %d as it came',
    async (status) => {
      const engine = await start(
        saying(status === 204 ? 'HTTP/1.1 204 x\r\n\r\n' : failing(status)),
      );
      expect((await run([engine.port])).head.statusCode).toBe(status);
      expect(engine.heads).toBe(1);
    },
  );

  it('asks again after a 5xx, and tells the last one', async () => {
    const engine = await start(saying(failing(503)));
    const error = await failureOf(run([engine.port], { prefillMaxRetries: 2 }));
    expect(error).toMatchObject({
      code: 'prefill_server_error',
      upstream: { status: 503, body: 'oops' },
    });
    expect(engine.heads).toBe(3);
    expect(exchange.retries).toBe(2);
    expect(await count('sidecar_retries_total 2')).toBe(true);
    expect(await count('sidecar_errors_total{type="http"} 2')).toBe(true);
    expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn prefill failed, trying again',
      'warn prefill failed, trying again',
      'warn prefill failed',
    ]);
  });

  it('gives a 5xx as it came when it is not to be retried', async () => {
    const engine = await start(saying(failing(503)));
    expect((await run([engine.port], { retryOn5xx: false })).head.statusCode).toBe(503);
    expect(engine.heads).toBe(1);
  });

  it('ends with the success of a later attempt', async () => {
    const engine = await start(({ socket }, n) => socket.write(n < 3 ? failing(500) : whole('{}')));
    expect((await run([engine.port])).head.statusCode).toBe(200);
    expect(exchange.retries).toBe(2);
  });

  it('asks the next candidate at once when one refuses, resets or is cut', async () => {
    const resetting = await start(({ socket }) => socket.resetAndDestroy());
    const cutting = await start(({ socket }) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'),
    );
    const good = await start(saying(whole('{}')));
    const ports = [await freePort(), resetting.port, cutting.port, good.port];
    expect((await run(ports, { retryBackoff: 60_000 })).head.statusCode).toBe(200);
    expect(exchange).toMatchObject({ retries: 3, prefiller: targetOf(good.port) });
  });

  it('asks no other candidate without fallback', async () => {
    const good = await start(saying(whole('{}')));
    const config = { prefillerFallback: 'none', prefillMaxRetries: 1 } as const;
    const error = await failureOf(run([await freePort(), good.port], config));
    expect(error.code).toBe('prefill_network');
    expect(good.heads).toBe(0);
  });

  it('does not ask again who took too long, and falls back', async () => {
    const silent = await start(() => undefined);
    const error = await failureOf(run([silent.port], { prefillerTimeout: 50 }));
    expect(error).toMatchObject({ code: 'prefill_timeout', row: { status: 504 } });
    expect(silent.heads).toBe(1);

    const good = await start(saying(whole('{}')));
    await run([silent.port, good.port], { prefillerTimeout: 50 });
    expect(good.heads).toBe(1);
  });

  it('gives up at once on an answer that is not HTTP or too large', async () => {
    const odd = await start(saying('odd\r\n\r\n'));
    const good = await start(saying(whole('{}')));
    expect((await failureOf(run([odd.port, good.port]))).code).toBe('prefill_protocol');
    const large = await start(saying(whole('x'.repeat(101))));
    const limit = { maxPrefillResponseBytes: 100 };
    expect((await failureOf(run([large.port, good.port], limit))).code).toBe(
      'prefill_answer_too_large',
    );
    expect(good.heads).toBe(0);
    await until(() => large.open === 0);
    const exact = await start(saying(whole('x'.repeat(100))));
    expect((await run([exact.port], limit)).body).toHaveLength(100);
  });

  it('gives up at once when TLS fails, and logs why', async () => {
    const plain = await start(saying('HTTP/1.1 400 x\r\n\r\n'));
    const server = createServer((socket) => socket.on('error', () => undefined).end('not tls\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const tls = clientTls({ insecureSkipVerify: false }, 'a.test');
    const origins = new Origins({ decoderPort: 1, prefillerTls: () => tls });
    const error = await failureOf(run([port, plain.port], {}, origins));
    server.close();
    expect(error).toMatchObject({ code: 'prefill_tls', row: { status: 502 } });
    expect(logger.lines.at(-1)!.fields).toHaveProperty('tls');
    expect(plain.connections).toHaveLength(0);
  });

  it('waits as long as the prefiller asks', async () => {
    const engine = await start(({ socket }, n) =>
      socket.write(n === 1 ? failing(503, 'Retry-After: 1\r\n') : whole('{}')),
    );
    const started = performance.now();
    await run([engine.port]);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  describe('when the client leaves', () => {
    it('ends the request at the prefiller', async () => {
      const engine = await start(() => undefined);
      const failure = failureOf(run([engine.port, await freePort()]));
      await until(() => engine.heads === 1);
      exchange.end('client_gone');
      expect((await failure).name).toBe('ExchangeEndedError');
      await until(() => engine.connections[0]!.ending !== undefined);
      expect(exchange.retries).toBe(0);
    });

    it('does not ask again after the wait', async () => {
      const engine = await start(saying(failing(503)));
      const failure = failureOf(run([engine.port], { retryBackoff: 100 }));
      await until(() => exchange.retries === 1);
      exchange.end('client_gone');
      expect((await failure).name).toBe('ExchangeEndedError');
      await sleep(200);
      expect(engine.heads).toBe(1);
    });

    it('asks nobody who was not asked yet', async () => {
      const engine = await start(saying(whole('{}')));
      exchange.end('client_gone');
      expect((await failureOf(run([engine.port]))).name).toBe('ExchangeEndedError');
      expect(engine.connections).toHaveLength(0);
    });
  });
});
