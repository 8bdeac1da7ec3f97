import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

describe('the sidecar’s process', () => {
  let prefiller: FakeEngine;
  let decoder: FakeEngine;
  let sidecar: SidecarProcess | undefined;
  beforeAll(async () => {
    prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
    decoder = await FakeEngine.start(json({ ok: true }));
  });
  afterAll(async () => {
    await prefiller.stop();
    await decoder.stop();
  });
  afterEach(async () => {
    await sidecar?.stop();
    sidecar = undefined;
  });

  const ask = (url: string): Promise<Response> =>
    postPrefilled({ url, prefiller }, '{"prompt":"s3cret"}');

  it.each<[string, (port: number, metrics: number) => string[], () => Record<string, string>]>([
    [
      'the older flags',
      (port) => [
        `-port=${port}`,
        `-vllm-port=${decoder.port}`,
        '-connector=nixlv2',
        '-secure-proxy=false',
        '-v=2',
      ],
      () => ({}),
    ],
    [
      'the newer flags',
      (port, metrics) => [
        ...[
          `--port=${port}`,
          `--model-server-port=${decoder.port}`,
          '--kv-connector=nixlv2',
          '--zap-log-level=1',
        ],
        ...['--secure-serving=false', '--data-parallel-size=1', `--metrics-port=${metrics}`],
      ],
      () => ({ POD_IP: '10.0.0.1' }),
    ],
    [
      'the flags of the modelservice chart',
      (port) => [
        ...[
          `--port=${port}`,
          `--vllm-port=${decoder.port}`,
          '--connector=nixlv2',
          '--zap-encoder=json',
        ],
        ...[
          '--zap-log-level=debug',
          '--secure-proxy=false',
          '--zap-devel=false',
          '--zap-stacktrace-level=error',
        ],
        ...['--zap-time-encoding=iso8601', '--prefiller-use-tls=false'],
      ],
      () => ({}),
    ],
    [
      'variables alone',
      (_, metrics) => ['sidecar', '--secure-proxy=false', `--metrics-port=${metrics}`],
      () => ({ VLLM_PORT: String(decoder.port), CONNECTOR_TYPE: 'nixlv2' }),
    ],
  ])('starts with %s, serves and logs JSON objects alone', async (name, args, env) => {
    const variables = env();
    sidecar = await SidecarProcess.start(({ data, metrics }) => {
      if (name === 'variables alone') variables['SIDECAR_PORT'] = String(data);
      const given = args(data, metrics);
      const hasMetrics = given.some((flag) => flag.startsWith('--metrics-port'));
      return hasMetrics ? given : [...given, `--metrics-port=${metrics}`];
    }, variables);
    await sidecar.ready();
    expect((await ask(sidecar.url)).status).toBe(200);
    await until(() => sidecar!.lines.some(({ msg }) => msg === 'request'));
    sidecar.signal('SIGTERM');
    expect(await sidecar.exited()).toBe(0);
    expect(sidecar.stdout).toBe('');
    expect(sidecar.stderr.endsWith('\n')).toBe(true);
    const { lines } = sidecar;
    for (const line of lines)
      expect(line).toMatchObject({ level: expect.any(String), msg: expect.any(String) });
    expect(lines.filter(({ msg }) => msg === 'ready')).toEqual([
      expect.objectContaining({
        port: sidecar.port,
        decoderPort: decoder.port,
        connector: 'nixlv2',
        ssrf: false,
      }),
    ]);
    expect(lines.filter(({ msg }) => msg === 'request')).toEqual([
      expect.objectContaining({
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        requestId: expect.any(String),
      }),
    ]);
    expect(JSON.stringify(lines.filter(({ level }) => level !== 'debug'))).not.toContain('s3cret');
  });

  it('logs one line for each flag that has no effect', async () => {
    sidecar = await SidecarProcess.start(({ data, metrics }) => [
      ...[`-port=${data}`, `--metrics-port=${metrics}`, '-secure-proxy=false', '-vmodule=x=1'],
      ...['-stderrthreshold=2', `-vllm-port=${decoder.port}`],
    ]);
    await sidecar.ready();
    const ignored = sidecar.lines.filter((line) => JSON.stringify(line).includes('ignored'));
    expect(ignored.map((line) => line['flag'])).toEqual([
      expect.stringContaining('-vmodule'),
      expect.stringContaining('-stderrthreshold'),
    ]);
  });

  it('survives whatever clients and engines do', async () => {
    sidecar = await SidecarProcess.start(({ data, metrics }) => [
      ...[`--port=${data}`, `--metrics-port=${metrics}`, '--secure-proxy=false'],
      ...[`--model-server-port=${decoder.port}`, '--retry-backoff=1ms'],
    ]);
    await sidecar.ready();
    const lines = [`x-prefiller-host-port: ${prefiller.hostPort}`];
    const odd: (string | Buffer)[] = [
      '\0\0\0\0',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      requestBytes('POST /v1/completions', lines, `{"a":${'['.repeat(100_000)}`),
      requestBytes('POST /v1/completions', [...lines, 'Content-Length: 100'], '{'),
      requestBytes(
        'POST /v1/completions',
        ['__proto__: x', 'constructor: y', ...lines],
        '{"__proto__":{"x":1}}',
      ),
      requestBytes('GET /x', ['Connection: Upgrade', 'Upgrade: websocket']),
    ];
    for (const bytes of [...odd, ...odd]) {
      const client = await RawClient.connect(sidecar.port);
      client.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.reset();
    }
    for (const engine of [prefiller, decoder]) {
      const { behaviour } = engine;
      engine.behaviour = (response) => void response.socket?.resetAndDestroy();
      expect((await ask(sidecar.url)).status).toBeGreaterThanOrEqual(502);
      engine.behaviour = behaviour;
    }
    expect((await ask(sidecar.url)).status).toBe(200);
    expect(sidecar.exitCode).toBeUndefined();
    expect(sidecar.stderr).not.toMatch(/unhandled|uncaught|MaxListeners|Warning:|"level":"error"/i);
  });

  describe('with a port that is in use', () => {
    let other: Server;
    afterEach(() => new Promise((resolve) => other.close(resolve)));

    it.each(['--port', '--metrics-port'])('of %s ends with one line and 1', async (flag) => {
      other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      sidecar = await SidecarProcess.start(({ data, metrics }) => [
        ...['--bind-address=127.0.0.1', '-connector=nixl', '-vmodule=x=1', '-v=5'],
        ...[`--port=${data}`, `--metrics-port=${metrics}`, `${flag}=${port}`],
      ]);
      expect(await sidecar.exited()).toBe(1);
      expect(sidecar.stdout).toBe('');
      const { lines } = sidecar;
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ level: 'error', msg: expect.stringContaining(flag) });
      expect(lines[0]!['msg']).toContain(String(port));
    });

    it('of a variable names the variable', async () => {
      other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      sidecar = await SidecarProcess.start(
        ({ metrics }) => ['--bind-address=127.0.0.1', `--metrics-port=${metrics}`],
        { SIDECAR_PORT: String(port) },
      );
      expect(await sidecar.exited()).toBe(1);
      expect(sidecar.lines).toEqual([
        expect.objectContaining({ msg: expect.stringContaining('SIDECAR_PORT: port is in use') }),
      ]);
    });
  });

  it.each([
    [
      'a certificate that is required',
      ['--require-valid-cert', '--cert-path=/nonexistent'],
      '--require-valid-cert',
    ],
    [
      'an address that is not ours',
      ['--bind-address=192.0.2.1', '--secure-proxy=false'],
      '192.0.2.1',
    ],
    ['a connector that does not exist', ['--kv-connector=telepathy'], '--kv-connector'],
    ['a CA that is no certificate', ['--ca-cert=/dev/null'], '--ca-cert'],
  ])('without %s ends with one line and 1', async (_, flags, word) => {
    sidecar = await SidecarProcess.start(({ data, metrics }) => [
      ...[`--port=${data}`, `--metrics-port=${metrics}`, ...flags],
    ]);
    expect(await sidecar.exited()).toBe(1);
    expect(sidecar.stdout).toBe('');
    expect(sidecar.lines).toHaveLength(1);
    expect(sidecar.lines[0]).toMatchObject({ level: 'error', msg: expect.stringContaining(word) });
  });
});
