import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from '../../test/support/sidecar-config.js';

const load = (argv: string[], env: Record<string, string> = {}) => loadConfig({ argv, env });
const UNWATCHED =
  '(no effect without --enable-ssrf-protection, --prefiller-discovery or --prefiller-fallback=pool)';
const words = (line: string): string[] => line.split(' ');

const plain = { port: 8000, kvConnector: 'nixlv2', secureProxy: false };

describe("the sidecar's configuration", () => {
  it.each([
    [':9444', 9444],
    ['127.0.0.1:9445', 9445],
    ['[::1]:0', 0],
  ])('takes the port of MORIIO_METRICS_ADDR=%s', (address, port) => {
    const env = { MORIIO_METRICS_ADDR: address };
    expect(load([], env).config.metricsPort).toBe(port);
    expect(load(['--metrics-port=7'], env).config.metricsPort).toBe(7);
  });

  it('refuses an address for metrics that has no port', () => {
    expect(() => load([], { MORIIO_METRICS_ADDR: 'localhost' })).toThrow(
      'MORIIO_METRICS_ADDR: expected an address such as :9090',
    );
  });

  it('starts with the documented defaults', () => {
    const { config, ignored } = load([]);
    const { maxBufferedBytes, ...rest } = config;
    expect(maxBufferedBytes).toBeGreaterThan(0);
    expect(rest).toEqual({
      port: 8000,
      bindAddress: '::',
      metricsPort: 9090,
      dataParallelSize: 1,
      modelServerPort: 8001,
      kvConnector: 'nixlv2',
      allowedConnectors: expect.arrayContaining(['nixlv2', 'nixl', 'sglang']),
      connectorSettings: expect.objectContaining({ sglangBootstrapPort: 8998, moriioDpSize: 1 }),
      decodeChunkSize: 0,
      enablePrefillerSampling: false,
      secureProxy: true,
      requireValidCert: false,
      tlsMinVersion: 'TLSv1.2',
      upstreamTls: {
        prefiller: { enabled: false, insecureSkipVerify: false },
        decoder: { enabled: false, insecureSkipVerify: false },
        encoder: { enabled: false, insecureSkipVerify: false },
      },
      prefillerConnectTimeout: 5_000,
      prefillerTimeout: 30_000,
      requestTimeout: 0,
      prefillMaxRetries: 3,
      retryBackoff: 1_000,
      retryOn5xx: true,
      prefillerFallback: 'candidates',
      breakerThreshold: 5,
      breakerCooldown: 60_000,
      prefillerDiscovery: false,
      prefillerHealthInterval: 0,
      ssrf: { enabled: false, checkPorts: false, syncTimeout: 30_000, maxStaleness: 0 },
      maxPrefillResponseBytes: 64 * 2 ** 20,
      maxRequestBytes: 256 * 2 ** 20,
      maxIdleConnsPerHost: 1024,
      shutdownTimeout: 30_000,
      workers: 1,
      tracing: false,
      log: { level: 'info', format: 'auto', alsoToStderr: true },
    });
    expect(ignored).toEqual([]);
  });

  it('freezes everything', () => {
    const { config } = load([]);
    expect(Object.isFrozen(config.upstreamTls.prefiller)).toBe(true);
    expect(Object.isFrozen(config.allowedConnectors)).toBe(true);
  });

  describe('existing manifests', () => {
    it.each<[string, string, object, string[]]>([
      [
        'the original sidecar',
        '-port=8000 -vllm-port=8001 -connector=nixlv2 -secure-proxy=false -v=5',
        { ...plain, modelServerPort: 8001, log: { level: 'trace' } },
        [],
      ],
      [
        'the new flags',
        '--kv-connector=nixlv2 --secure-serving=false --zap-log-level=debug',
        { ...plain, log: { level: 'debug' } },
        [],
      ],
      [
        'the model service chart',
        '--port=8000 --vllm-port=8200 --connector=nixlv2 --zap-encoder=json --zap-log-level=debug --secure-proxy=false',
        { ...plain, modelServerPort: 8200, log: { level: 'debug', format: 'json' } },
        [],
      ],
      [
        'that chart with all its values',
        '--port=8000 --vllm-port=8200 --connector=nixlv2 --zap-encoder=json --zap-log-level=debug --zap-devel=false --zap-stacktrace-level=error --zap-time-encoding=iso8601 --prefiller-use-tls=true --secure-proxy=true --cert-path=/certs',
        { secureProxy: true, certPath: '/certs', upstreamTls: { prefiller: { enabled: true } } },
        ['--zap-stacktrace-level', '--zap-time-encoding'],
      ],
      [
        'the guides',
        '--port=8000 --kv-connector=nixlv2 --zap-log-level=1 --secure-proxy=false',
        { ...plain, log: { level: 'info' } },
        [],
      ],
      [
        'the newest recipes',
        '--port=8000 --kv-connector=nixlv2 --zap-log-level=1 --secure-serving=false',
        plain,
        [],
      ],
      [
        'the router’s deployments',
        '--port=8000 --secure-proxy=false --data-parallel-size=1 --kv-connector=nixlv2 --ec-connector= --sglang-bootstrap-port=8998',
        plain,
        [],
      ],
      [
        'all of the old TLS flags',
        '-prefiller-use-tls=true -prefiller-tls-insecure-skip-verify=true -decoder-use-tls=true -decoder-tls-insecure-skip-verify=false -cert-path=/etc/sidecar/certs/ -secure-proxy=true -logtostderr=true',
        {
          certPath: '/etc/sidecar/certs/',
          upstreamTls: {
            prefiller: { enabled: true, insecureSkipVerify: true },
            decoder: { enabled: true, insecureSkipVerify: false },
          },
        },
        [],
      ],
      [
        'klog’s flags',
        '-v 4 -vmodule=proxy=5 -stderrthreshold=2 -add_dir_header -skip_headers=true -skip_log_headers -one_output -log_backtrace_at=a.go:5 -log_file_max_size=1800',
        { log: { level: 'debug' } },
        [
          '-vmodule',
          '-stderrthreshold',
          '-add_dir_header',
          '-skip_headers',
          '-skip_log_headers',
          '-one_output',
          '-log_backtrace_at',
          '-log_file_max_size',
        ],
      ],
      [
        'a pool without protection',
        '-enable-ssrf-protection=false -inference-pool-namespace=ns -inference-pool-name=pool --inference-pool ns/pool --pool-group=g',
        {},
        [
          `--inference-pool ${UNWATCHED}`,
          `-inference-pool-namespace ${UNWATCHED}`,
          `-inference-pool-name ${UNWATCHED}`,
          `--pool-group ${UNWATCHED}`,
        ],
      ],
      [
        'a pool that is left empty without protection',
        '--inference-pool= -inference-pool-name=$(INFERENCE_POOL_NAME)',
        {},
        [`--inference-pool ${UNWATCHED}`, `-inference-pool-name ${UNWATCHED}`],
      ],
    ])('of %s', (_, line, expected, ignored) => {
      const loaded = load(words(line));
      expect(loaded.config).toMatchObject(expected);
      expect(loaded.ignored).toEqual(ignored);
    });
  });

  describe('environment', () => {
    it('takes the older variables', () => {
      const { config, ignored } = load([], {
        SIDECAR_PORT: '8100',
        VLLM_PORT: '8200',
        CONNECTOR_TYPE: 'lmcache',
        POD_IP: '10.0.0.7',
        ENABLE_PREFILLER_SAMPLING: 'true',
        INFERENCE_POOL: 'ns/pool',
        INFERENCE_POOL_NAME: 'pool',
        INFERENCE_POOL_NAMESPACE: 'ns',
        MOONCAKE_BOOTSTRAP_PORT: '8998',
        UNRELATED: 'x',
      });
      expect(config).toMatchObject({
        port: 8100,
        modelServerPort: 8200,
        kvConnector: 'lmcache',
        podIp: '10.0.0.7',
        enablePrefillerSampling: true,
      });
      expect(ignored).toEqual([]);
    });
  });

  it('says which flags are of connectors that no request can choose', () => {
    const flags = ['--mooncake-bootstrap-port=1', '--p2p-connector-port=2', '--moriio-tp-size=2'];
    expect(load(flags).ignored).toEqual(['--moriio-tp-size (no effect without connector moriio)']);
    expect(load([...flags, '--allowed-connectors=nixlv2']).ignored).toEqual([
      '--mooncake-bootstrap-port (no effect without connector mooncake)',
      '--moriio-tp-size (no effect without connector moriio)',
    ]);
    const env = { MOONCAKE_BOOTSTRAP_PORT: '1' };
    expect(load(['--allowed-connectors=nixlv2'], env).ignored).toEqual([]);
  });

  it('says what a misspelt variable may have meant', () => {
    expect(load([], { TANDEM_ENABLE_SSRF_PROTECTON: 'true' }).ignored).toEqual([
      'TANDEM_ENABLE_SSRF_PROTECTON (no variable of this program: did you mean TANDEM_ENABLE_SSRF_PROTECTION?)',
    ]);
  });

  describe('mistakes', () => {
    it.each<[string, string]>([
      ['-prot=8000', 'unknown flag -prot: did you mean -port?'],
      ['--kv-conector=nixlv2', 'unknown flag --kv-conector: did you mean --kv-connector?'],
      ['-port=http', '-port: expected a port from 1 to 65535, got "http"'],
      ['--port=70000', '--port: expected a port from 1 to 65535, got "70000"'],
      ['--port=0', '--port: expected a port from 1 to 65535, got "0"'],
      ['-connector=nixlv3', '-connector: expected one of nixlv2, nixl, '],
      ['--kv-connector=moonshine', '--kv-connector: expected one of nixlv2, nixl, '],
      [
        '--prefiller-fallback=pool',
        '--prefiller-fallback needs an InferencePool: give --inference-pool=NAMESPACE/NAME, or INFERENCE_POOL_NAMESPACE and INFERENCE_POOL_NAME',
      ],
      [
        '--prefiller-fallback=all',
        '--prefiller-fallback: expected one of candidates, none, pool, got "all"',
      ],
      [
        '--bind-address=everywhere',
        '--bind-address: expected an IP address such as 0.0.0.0, 127.0.0.1 or ::, got "everywhere"',
      ],
      ['--ca-cert=/does/not/exist', '--ca-cert=/does/not/exist: cannot be read (ENOENT'],
      [
        '--configuration-file=/does/not/exist',
        '--configuration-file=/does/not/exist: cannot be read (ENOENT',
      ],
      ['--configuration={prot: 1}', 'unknown key prot in --configuration: did you mean port?'],
      ['--cert-path=', '--cert-path: expected a folder, got ""'],
      ['--retry-backoff=1', '--retry-backoff: expected a duration such as 50ms, 2s or 1m30s'],
      [
        '--prefill-max-retries=-1',
        '--prefill-max-retries: expected a whole number from 0 to 100, got "-1"',
      ],
      ['--tls-cipher-suites=RC4', '--tls-cipher-suites: unknown cipher suite "RC4"; known are'],
      [
        '-enable-ssrf-protection=true',
        '-enable-ssrf-protection needs an InferencePool: give --inference-pool=NAMESPACE/NAME',
      ],
      ['--prefiller-discovery', '--prefiller-discovery needs an InferencePool: give'],
      [
        '--data-parallel-size=0',
        '--data-parallel-size: expected a whole number from 1 to 256, got "0"',
      ],
      ['-data-parallel-size=x', '-data-parallel-size: expected a whole number from 1 to 256'],
      ['--ec-connector=nixl', '--ec-connector: expected one of ec-example, ec-nixl, got "nixl"'],
    ])('%s', (argument, message) => {
      expect(() => load([argument])).toThrow(ConfigError);
      expect(() => load([argument])).toThrow(message);
    });

    it.each<[string, Record<string, string>, string]>([
      [
        'SSRF protection',
        { TANDEM_ENABLE_SSRF_PROTECTION: 'true' },
        'TANDEM_ENABLE_SSRF_PROTECTION needs an InferencePool',
      ],
      ['a bad port', { SIDECAR_PORT: 'x' }, 'SIDECAR_PORT: expected a port'],
      [
        'a bad bootstrap port',
        { SGLANG_BOOTSTRAP_PORT: '70000' },
        'SGLANG_BOOTSTRAP_PORT: expected a port',
      ],
      [
        'an unknown connector',
        { CONNECTOR_TYPE: 'x' },
        'CONNECTOR_TYPE: expected one of nixlv2, nixl, ',
      ],
      ['a bad address', { POD_IP: 'x' }, 'POD_IP: expected an IP address'],
    ])('%s in the environment', (_, env, message) => {
      expect(() => load([], env)).toThrow(message);
    });

    it.each<[string, string[], string]>([
      [
        'one port for clients and metrics',
        ['-port=9090'],
        '-port=9090 is the port of --metrics-port too: give each its own',
      ],
      [
        'one port for metrics and clients',
        ['--metrics-port=8000'],
        '--metrics-port=8000 is the port of --port too: give each its own',
      ],
      [
        'the model server’s port',
        ['-port=8001'],
        '-port=8001 is the port of --model-server-port too: give each its own',
      ],
      [
        'the port of both, named twice',
        ['-port=8005', '-vllm-port=8005'],
        '-vllm-port=8005 is the port of -port too: give each its own',
      ],
      [
        'ports of ranks and of their model servers',
        ['--data-parallel-size=8'],
        '--port=8000 (to 8007) and --model-server-port=8001 (to 8008) overlap with --data-parallel-size=8: give each ports of its own',
      ],
      [
        'a model server within the ports of the ranks',
        ['-port=8190', '-vllm-port=8197', '--data-parallel-size=8'],
        '-vllm-port=8197 (to 8204) and -port=8190 (to 8197) overlap with --data-parallel-size=8: give each ports of its own',
      ],
      [
        'the metrics port within the ports of the ranks',
        ['--metrics-port=8007', '--model-server-port=8200', '--data-parallel-size=8'],
        '--metrics-port=8007 and --port=8000 (to 8007) overlap with --data-parallel-size=8: give each ports of its own',
      ],
      [
        'ranks above the last port',
        ['--port=65530', '--data-parallel-size=8'],
        '--port=65530 with --data-parallel-size=8 goes up to port 65537: choose one of at most 65528',
      ],
      [
        'model servers above the last port',
        ['-vllm-port=65535', '--data-parallel-size=2'],
        '-vllm-port=65535 with --data-parallel-size=2 goes up to port 65536: choose one of at most 65534',
      ],
      [
        'a connector that is not allowed',
        ['-connector=nixl', '--allowed-connectors=nixlv2'],
        '--allowed-connectors leaves out nixl, which -connector asks for: add it',
      ],
    ])('contradiction: %s', (_, argv, message) => {
      expect(() => load(argv)).toThrow(new ConfigError(message));
    });

    it('lets the model server share the port number on another address', () => {
      const argv = ['--bind-address=10.0.0.7', '--port=8001', '--metrics-port=0'];
      expect(load(argv).config).toMatchObject({
        port: 8001,
        modelServerPort: 8001,
        metricsPort: 0,
      });
    });
  });

  it('reads how many data-parallel ranks there are, and takes ports that touch', () => {
    const argv = ['--data-parallel-size=8', '-vllm-port=8200', '--metrics-port=8008'];
    const highest = ['--port=65520', '--model-server-port=65528', '--data-parallel-size=8'];
    expect(load(argv).config.dataParallelSize).toBe(8);
    expect(load(highest).config.dataParallelSize).toBe(8);
    expect(load([], { TANDEM_DATA_PARALLEL_SIZE: '1' }).config.dataParallelSize).toBe(1);
  });

  it('lets ranks share the port numbers of their model servers on another address', () => {
    const argv = ['--bind-address=10.0.0.7', '--port=8200', '-vllm-port=8200'];
    expect(load([...argv, '--data-parallel-size=4']).config.dataParallelSize).toBe(4);
  });

  it('takes brackets off an IPv6 address', () => {
    expect(load(['--bind-address=[::1]']).config.bindAddress).toBe('::1');
  });
});
