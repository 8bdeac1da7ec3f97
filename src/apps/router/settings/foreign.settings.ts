import { boolean, oneOf, text, wordsOf, type Kind } from '../../../config/kinds.js';
import type { InertFlag, Written } from '../../../config/setting.js';

/** @returns a flag that is taken at the one value that asks for nothing, and refused with the reason at any other */
function refused<T>(reason: string, kind: Kind<T>, only: Written, ...names: string[]): InertFlag[] {
  return names.map((name) => ({ name, kind, only, reason }));
}

/** @returns flags that are taken at any value and change nothing, each logged once */
function ignored(reason: string, kind: Kind<unknown>, ...names: string[]): InertFlag[] {
  return names.map((name) => ({ name, kind, reason }));
}

const words = wordsOf(text());
const HTTP_TEXT = 'requests reach HTTP workers as they came, no tokenizer is needed';
const NO_HISTORY = 'describes a --history-backend that is not here';
const PROXY = 'TLS towards clients is not here: put a proxy that ends TLS in front';

/**
 * Flags of vllm-router 0.1.17 and sglang-router 0.3.2 that this router has no part for. What would change what happens
 * is refused with the mend; what changes nothing for HTTP workers is taken.
 */
export const FOREIGN_FLAGS: readonly InertFlag[] = [
  ...refused(
    '--pd-disaggregation does what MiniLB is for; leave it out',
    boolean(),
    false,
    'mini-lb',
  ),
  ...refused(
    'program scheduling is not here; --policy cache_aware or consistent_hash keeps a program at its worker',
    boolean(),
    false,
    'enable-program-scheduling',
  ),
  ...ignored('describes --enable-program-scheduling', text(), 'program-scheduling-config-json'),
  ...refused(
    'WASM middleware is not here: put a proxy with the filter in front',
    text(),
    '',
    'wasm-middleware',
  ),
  ...ignored('describes --wasm-middleware', text(), 'wasm-middleware-sha256'),
  ...ignored('describes --wasm-middleware', words, 'wasm-middleware-route'),
  ...refused(
    'encoders are not here yet: give --prefill and --decode, and a sidecar with --ec-connector beside each decoder',
    text(),
    '',
    'epd-config',
  ),
  ...refused(
    'keys are not checked by other servers: give --api-key',
    words,
    [],
    'api-key-validation-urls',
  ),
  ...refused('give --data-parallel-size N', boolean(), false, 'dp-aware'),
  ...refused(
    'health decides who gets requests; --health-check-interval-secs and --health-check-endpoint say how it is asked',
    boolean(),
    false,
    'disable-health-check',
  ),
  ...refused(PROXY, text(), '', 'tls-cert-path', 'tls-key-path'),
  ...refused(
    'certificates towards workers are not here: https workers are verified by the certificates of the system',
    text(),
    '',
    'client-cert-path',
    'client-key-path',
  ),
  ...refused('set NODE_EXTRA_CA_CERTS=FILE in the environment', words, [], 'ca-cert-paths'),
  ...refused(
    'the worker API has one key: give --admin-api-key',
    words,
    [],
    'control-plane-api-keys',
    'jwt-role-mapping',
  ),
  ...refused(
    'the worker API has one key: give --admin-api-key',
    text(),
    '',
    'jwt-issuer',
    'jwt-audience',
    'jwt-jwks-uri',
  ),
  ...refused(
    'each request to the worker API is a line of the access log; leave it out',
    boolean(),
    false,
    'control-plane-audit-enabled',
  ),
  ...refused('tools are not run by the router', text(), '', 'mcp-config-path'),
  ...refused(
    'responses are kept by the workers: give none',
    oneOf(['none', 'memory', 'oracle', 'postgres', 'redis']),
    'none',
    'history-backend',
  ),
  ...ignored(
    NO_HISTORY,
    text(),
    ...['oracle-connect-descriptor', 'oracle-password', 'oracle-pool-max', 'oracle-pool-min'],
    ...['oracle-pool-timeout-secs', 'oracle-tns-alias', 'oracle-username', 'oracle-wallet-path'],
    ...[
      'postgres-db-url',
      'postgres-pool-max',
      'redis-pool-max',
      'redis-retention-days',
      'redis-url',
    ],
  ),
  ...ignored(
    HTTP_TEXT,
    text(),
    ...['model-path', 'tokenizer-path', 'chat-template', 'reasoning-parser', 'tool-call-parser'],
    ...['tokenizer-cache-l0-max-entries', 'tokenizer-cache-l1-max-memory'],
  ),
  ...ignored(HTTP_TEXT, boolean(), 'tokenizer-cache-enable-l0', 'tokenizer-cache-enable-l1'),
  ...ignored(
    'the buckets of histograms are fixed, see metrics.md',
    words,
    'prometheus-duration-buckets',
  ),
];
