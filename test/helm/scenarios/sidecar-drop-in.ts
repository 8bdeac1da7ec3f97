import { freePort } from '../../support/free-port.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import { must, type Scenario } from '../scenario.js';

/**
 * Arguments with which charts and guides start llm-d's sidecar, in all of their spellings. PORT and ENGINE are ports that are
 * free here.
 */
const DIALECTS: Readonly<Record<string, readonly string[]>> = {
  'llm-d-modelservice': [
    '--port=PORT',
    '--vllm-port=ENGINE',
    '--connector=nixlv2',
    '--zap-encoder=json',
    '--zap-log-level=debug',
    '--secure-proxy=false',
  ],
  'llm-d-modelservice, every value given': [
    '--port=PORT',
    '--vllm-port=ENGINE',
    '--connector=nixlv2',
    '--zap-devel=false',
    '--zap-encoder=json',
    '--zap-log-level=1',
    '--zap-stacktrace-level=error',
    '--zap-time-encoding=iso8601',
    '--secure-proxy=false',
    '--prefiller-use-tls=false',
  ],
  guides: ['--port=PORT', '--kv-connector=nixlv2', '--zap-log-level=1', '--secure-proxy=false'],
  'guides, newest': [
    '--port=PORT',
    '--kv-connector=sglang',
    '--zap-log-level=1',
    '--secure-serving=false',
  ],
  'guides, encoders': ['--port=PORT', '--ec-connector=ec-nixl', '--secure-proxy=false'],
  'guides, Mooncake': [
    '--port=PORT',
    '--vllm-port=ENGINE',
    '--connector=mooncake',
    '--secure-proxy=false',
  ],
  'guides, MoRI-IO': [
    '--port=PORT',
    '--kv-connector=nixlv2',
    '--secure-proxy=false',
    '--moriio-write-mode',
    '--moriio-tp-size=2',
    '--moriio-parallel-dispatch',
    '--moriio-local-pod-ip=127.0.0.1',
  ],
  'llm-d-router': [
    '--port=PORT',
    '--secure-proxy=false',
    '--data-parallel-size=1',
    '--kv-connector=nixlv2',
    '--mooncake-bootstrap-port=8998',
  ],
  'second generation': [
    '--port=PORT',
    '--model-server-port=ENGINE',
    '--enable-tls=prefiller',
    '--tls-insecure-skip-verify=prefiller,decoder',
    '--inference-pool=ns/pool',
    '--pool-group=inference.networking.k8s.io',
    '--secure-proxy=false',
    '--metrics-port=METRICS',
    '--max-idle-conns-per-host=64',
    '--prefill-max-retries=0',
    '--prefill-retry-backoff=200ms',
  ],
  'first generation': [
    '-port=PORT',
    '-vllm-port=ENGINE',
    '-connector=nixlv2',
    '-v=6',
    '-secure-proxy=false',
  ],
  'first generation, words apart': [
    '-port',
    'PORT',
    '-vllm-port',
    'ENGINE',
    '-secure-proxy=false',
    '-prefiller-use-tls',
    '-decoder-use-tls',
    '-prefiller-tls-insecure-skip-verify',
    '-decoder-tls-insecure-skip-verify',
    '-inference-pool-namespace=ns',
    '-inference-pool-name=pool',
    '-logtostderr=true',
  ],
  'TLS by itself': ['--port=PORT', '--connector=nixlv2', '--secure-proxy=true'],
};

/** What is given to the container of another's chart, beside its arguments. */
const POD = { POD_IP: '127.0.0.1' };

async function starts(name: string, args: readonly string[]): Promise<void> {
  const engine = await freePort();
  // Where it listens beside the arguments' ports is moved, as tests of others may run here.
  const metrics = await freePort();
  const env = { ...POD, TANDEM_BIND_ADDRESS: '127.0.0.1', TANDEM_METRICS_PORT: String(metrics) };
  const program = await SidecarProcess.start(({ data }) => {
    const ports = { PORT: data, ENGINE: engine, METRICS: metrics };
    return args.map((arg) =>
      arg.replace(/PORT$|ENGINE$|METRICS$/, (key) => String(ports[key as 'PORT'])),
    );
  }, env);
  try {
    await program.ready();
    const { status } = await fetch(`http://127.0.0.1:${metrics}/health`);
    must(status === 200, `${name}: /health answers ${status}`);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  } finally {
    await program.stop();
  }
}

export const SIDECAR_DROP_IN: readonly Scenario[] = [
  {
    name: 'sidecar: arguments of llm-d start it, in every spelling',
    run: async () => {
      for (const [name, args] of Object.entries(DIALECTS)) await starts(name, args);
      return { spellings: String(Object.keys(DIALECTS).length) };
    },
  },
];
