import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { NetEngine, saying, whole, type OnHead } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { loadConfig } from '../../test/support/sidecar-config.js';
import type { SidecarConfig } from '../config/sidecar.config.js';
import { parseTarget, type Target } from '../endpoint/target.js';
import type { ProxyError } from '../errors/proxy.error.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import type { BufferedAnswer, Exchange } from '../proxy/exchange.js';
import { Prefillers } from '../prefiller/prefillers.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';
import { AllowAll } from '../ssrf/allowlist.js';
import { clientTls } from '../tls/client-tls.js';
import { PrefillSender } from './prefill-sender.js';
import { PrefillService } from './prefill.service.js';

const { config: DEFAULTS } = loadConfig();
const failing = (status: number, fields = ''): string =>
  `HTTP/1.1 ${status} Bad\r\n${fields}Content-Length: 4\r\n\r\noops`;

describe(PrefillService.name, () => {
  let upstream: UpstreamService;
  let metrics: SidecarMetrics;
  let logger: RecordingLogger;
  let prefillers: Prefillers;
  let allowed: (target: Target) => boolean;
  let exchange: Exchange;
  let engines: NetEngine[];
  beforeEach(() => {
    upstream = new UpstreamService(4);
    metrics = new SidecarMetrics([]);
    logger = new RecordingLogger();
    prefillers = new Prefillers({ threshold: 0, cooldown: 60_000 });
    allowed = () => true;
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
  const run = async (
    ports: number[],
    config: Partial<SidecarConfig> = {},
    origins = new Origins({ decoderPort: 1 }),
    readsAnswer = false,
  ): Promise<BufferedAnswer> => {
    const settings = { ...DEFAULTS, retryBackoff: 10, ...config };
    const allowlist = Object.assign(new AllowAll(), { stillAllows: (to: Target) => allowed(to) });
    const service = new PrefillService(
      new PrefillSender(upstream, origins, settings),
      prefillers,
      allowlist,
      metrics,
      logger,
      settings,
    );
    const { answer } = await service.run({
      exchange,
      candidates: ports.map(targetOf),
      head: ({ label }) => `POST / HTTP/1.1\r\nX-Target: ${label}\r\nContent-Length: 2\r\n\r\n`,
      leg: { body: [Buffer.from('{}')] },
      readsAnswer,
    });
    return answer;
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
    expect(await count('sidecar_prefill_fallbacks_total 3')).toBe(true);
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

  it('refuses a 2xx that is no JSON object where the leg reads it', async () => {
    const engine = await start(saying(whole('[1]')));
    const good = await start(saying(whole('{}')));
    const origins = new Origins({ decoderPort: 1 });
    const failure = await failureOf(run([engine.port, good.port], {}, origins, true));
    expect(failure).toMatchObject({ code: 'prefill_answer_invalid', row: { status: 502 } });
    expect(good.heads).toBe(0);
    expect((await run([good.port], {}, origins, true)).body.toString()).toBe('{}');
  });

  describe('with circuit breakers', () => {
    const open = (): number => prefillers.countBreakers().open;
    beforeEach(() => {
      prefillers = new Prefillers({ threshold: 2, cooldown: 60_000 });
    });

    it('stops asking a prefiller that failed too often, within a request too', async () => {
      const engine = await start(saying(failing(500)));
      expect((await failureOf(run([engine.port]))).code).toBe('prefill_server_error');
      expect(engine.heads).toBe(2);
      expect((await failureOf(run([engine.port]))).code).toBe('breaker_open');
      expect(engine.heads).toBe(2);
    });

    it.each<[string, OnHead, number]>([
      ['a 5xx', saying(failing(500)), 1],
      ['a 503 that does not say when to come back', saying(failing(503)), 1],
      ['a 503 that says so', saying(failing(503, 'Retry-After: 0\r\n')), 0],
      ['a 4xx', saying(failing(429)), 0],
      ['a redirect', saying(failing(302)), 0],
      ['a reset', ({ socket }) => socket.resetAndDestroy(), 1],
      ['silence', () => undefined, 1],
      ['an answer that is no HTTP', saying('odd\r\n\r\n'), 1],
    ])('counts %s as a failure or not', async (_, onHead, opened) => {
      const engine = await start(onHead);
      const config = { prefillMaxRetries: 0, prefillerTimeout: 100 };
      for (let i = 0; i < 2; i++) await run([engine.port], config).catch(() => undefined);
      expect(open()).toBe(opened);
    });

    it('counts a 5xx that is forwarded', async () => {
      const engine = await start(saying(failing(500)));
      for (let i = 0; i < 2; i++) await run([engine.port], { retryOn5xx: false });
      expect(open()).toBe(1);
    });

    it('falls back to another candidate while one is left alone', async () => {
      const bad = await start(saying(failing(500)));
      const good = await start(saying(whole('{}')));
      for (let i = 0; i < 5; i++) await run([bad.port, good.port]);
      expect([bad.heads, good.heads]).toEqual([2, 5]);
    });

    it('gives the place of a probe back when its client leaves', async () => {
      prefillers = new Prefillers({ threshold: 1, cooldown: 500 });
      let answer: OnHead = saying(failing(500));
      const engine = await start((connection, n) => answer(connection, n));
      await failureOf(run([engine.port], { prefillMaxRetries: 0 }));
      await sleep(510);
      answer = () => undefined;
      const probe = failureOf(run([engine.port]));
      await until(() => engine.heads === 2);
      expect(prefillers.admits(targetOf(engine.port))).toBe(false);
      exchange.end('client_gone');
      await probe;
      expect(prefillers.admits(targetOf(engine.port))).toBe(true);
      expect(prefillers.load(targetOf(engine.port))).toBe(0);
      answer = saying(whole('{}'));
      exchange = exchangeWith();
      await run([engine.port]);
      expect(prefillers.countBreakers()).toEqual({ closed: 1, open: 0, half_open: 0 });
    });
  });

  it('refuses when nobody is allowed any more, as the guard does', async () => {
    const engine = await start(saying(whole('{}')));
    allowed = () => false;
    const error = await failureOf(run([engine.port]));
    expect(error).toMatchObject({ code: 'target_not_allowed', row: { status: 403 } });
    expect(engine.connections).toHaveLength(0);
    expect(await count('ssrf_blocked_total 1')).toBe(true);
    expect(logger.lines).toMatchObject([
      { message: 'ssrf: prefill target refused', fields: { target: `127.0.0.1:${engine.port}` } },
    ]);
  });

  it('does not ask a candidate again that is allowed no more', async () => {
    const engine = await start(saying(failing(500)));
    const failure = failureOf(run([engine.port], { retryBackoff: 50 }));
    await until(() => engine.heads === 1);
    allowed = () => false;
    expect((await failure).code).toBe('prefill_server_error');
    expect(engine.heads).toBe(1);
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
      await until(() => logger.lines.length === 1);
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
