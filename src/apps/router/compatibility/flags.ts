import { NameIndex } from '../../../config/names.js';
import { routerSettings } from '../router.settings.js';

/** What becomes of a flag of another router. */
export interface FlagFate {
  readonly flag: string;
  readonly fate: 'accepted' | 'without effect' | 'refused';
  /** Why it has no effect, or what to do instead; how it differs, where it does. */
  readonly note: string;
}

const list = (names: string): readonly string[] => names.trim().split(/\s+/);

/** Flags by where they come from; one that several have stands where it comes first. */
export const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  'Seed 002': list(`
    worker-urls policy data-parallel-size pd-disaggregation prefill decode prefill-policy decode-policy enable-igw
    max-concurrent-requests log-dir log-level prometheus-host prometheus-port retry-max-retries retry-initial-backoff-ms
    retry-max-backoff-ms retry-backoff-multiplier retry-jitter-factor cb-failure-threshold cb-success-threshold
    cb-timeout-duration-secs cb-window-duration-secs request-id-headers service-discovery service-discovery-port
    service-discovery-namespace selector`),
  'vllm-router 0.1.17, launcher': list(`
    host port enable-program-scheduling program-scheduling-config-json router-temperature kv-penalty-host
    kv-penalty-external kv-penalty-disk kv-aware-session-affinity-ttl-secs kv-event-source kv-event-replay-source
    kv-event-block-size kv-event-model pd-kv-events mini-lb vllm-pd-disaggregation worker-startup-timeout-secs
    worker-startup-check-interval cache-threshold balance-abs-threshold balance-rel-threshold eviction-interval-secs
    max-tree-size max-payload-size wasm-middleware wasm-middleware-sha256 wasm-middleware-route
    intra-node-data-parallel-size api-key prefill-selector decode-selector vllm-discovery-address kv-connector
    request-timeout-secs disable-retries disable-circuit-breaker health-failure-threshold health-success-threshold
    health-check-timeout-secs health-check-interval-secs health-check-endpoint queue-size queue-timeout-secs
    rate-limit-tokens-per-second cors-allowed-origins`),
  'vllm-router, Rust binary alone': list(`
    backend api-key-validation-urls epd-config enable-trace otlp-traces-endpoint otel-sampling-ratio otel-excluded-paths
    history-backend`),
  'sglang-router 0.3.2': list(`
    assignment-mode max-idle-secs bucket-adjust-interval-secs dp-aware disable-health-check shutdown-grace-period-secs
    tls-cert-path tls-key-path client-cert-path client-key-path ca-cert-paths control-plane-api-keys
    control-plane-audit-enabled jwt-issuer jwt-audience jwt-jwks-uri jwt-role-mapping mcp-config-path
    oracle-connect-descriptor oracle-password oracle-pool-max oracle-pool-min oracle-pool-timeout-secs oracle-tns-alias
    oracle-username oracle-wallet-path postgres-db-url postgres-pool-max redis-pool-max redis-retention-days redis-url
    model-path tokenizer-path chat-template reasoning-parser tool-call-parser tokenizer-cache-enable-l0
    tokenizer-cache-enable-l1 tokenizer-cache-l0-max-entries tokenizer-cache-l1-max-memory prometheus-duration-buckets`),
};

/** Where a flag does other things here. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'cb-window-duration-secs': 'counts: failures within it count together; there it does nothing',
  'cors-allowed-origins': 'without it no page of another origin may call; there every page may',
  'health-check-interval-secs': '10 unless given; there 60',
  'max-concurrent-requests': 'a hard limit; there tokens come back by time too',
  'queue-timeout-secs': 'then 503; --queue-timeout-status=408 answers as there',
  'rate-limit-tokens-per-second':
    'no limit unless given; there as many as --max-concurrent-requests',
  'retry-max-retries': 'attempts in all, as there',
  'service-discovery-port': '8000 unless given, as its README says; its binary takes 80',
  'api-key':
    'also for the worker API, unless --admin-api-key is given; not sent to workers in place of the client’s',
  'prometheus-host': '127.0.0.1 unless given; sglang-router 0.0.0.0',
  host: '127.0.0.1 unless given; sglang-router 0.0.0.0',
};

const names = new NameIndex(routerSettings);

/** @param flag without its dashes */
export function fateOf(flag: string): FlagFate {
  const name = names.find(flag);
  if (!name) return { flag, fate: 'refused', note: 'not known yet: what it asks for is not here' };
  const { inert } = name;
  if (!inert) return { flag, fate: 'accepted', note: DIFFERENCES[flag] ?? '' };
  const note = inert.reason ?? '';
  if (inert.only === undefined) return { flag, fate: 'without effect', note };
  const off = inert.only;
  const isEmpty = off === '' || (Array.isArray(off) && off.length === 0);
  const harmless = isEmpty ? 'empty' : String(off);
  return { flag, fate: 'refused', note: `${note} (${harmless} is taken)` };
}
