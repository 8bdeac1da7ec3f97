import type {
  ExporterSettings,
  SamplerName,
  TracingSettings,
} from '../tracing/tracing-settings.js';
import { ConfigError, quote } from './config-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_SERVICE_NAME = 'tandem-sidecar';
const GRPC_PORT = '4317';
const DEFAULT_ENDPOINT = {
  grpc: 'http://localhost:4317',
  'http/protobuf': 'http://localhost:4318',
};
/** As in OpenTelemetry's specification. */
const DEFAULT_TIMEOUT_MS = 10_000;
const HTTP_PATH = 'v1/traces';
const EXPORTERS = ['otlp', 'console', 'none'] as const;
const PROTOCOLS = ['grpc', 'http/protobuf'] as const;
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const satisfies readonly SamplerName[];

/**
 * Reads OpenTelemetry's own variables (OTEL_*), as its specification names and defaults them; only
 * an unset protocol is chosen by the endpoint's port, and no endpoint at all means gRPC on
 * localhost:4317, as with llm-d's sidecar.
 *
 * @returns undefined when OTEL_SDK_DISABLED is true
 * @throws ConfigError naming the variable
 */
export function tracingFromEnvironment(env: Environment): TracingSettings | undefined {
  if (read(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const resource = resourceAttributes(env);
  return {
    serviceName: read(env, 'OTEL_SERVICE_NAME') ?? resource['service.name'] ?? DEFAULT_SERVICE_NAME,
    resource,
    sampler: oneOf(env, 'OTEL_TRACES_SAMPLER', SAMPLERS) ?? 'parentbased_always_on',
    ratio: ratio(env),
    exporter: exporter(env),
  };
}

function exporter(env: Environment): ExporterSettings {
  const kind = oneOf(env, 'OTEL_TRACES_EXPORTER', EXPORTERS) ?? 'otlp';
  if (kind !== 'otlp') return { kind };
  const own = endpoint(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const shared = endpoint(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const protocol =
    oneOf(env, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', PROTOCOLS) ??
    oneOf(env, 'OTEL_EXPORTER_OTLP_PROTOCOL', PROTOCOLS) ??
    protocolFor(own ?? shared);
  const timeoutMs = timeout(env);
  if (own !== undefined) return { kind, protocol, url: own.href, timeoutMs };
  const base = shared?.href ?? DEFAULT_ENDPOINT[protocol];
  const url = protocol === 'grpc' ? base : `${base.replace(/\/$/, '')}/${HTTP_PATH}`;
  return { kind, protocol, url, timeoutMs };
}

function protocolFor(url: URL | undefined): 'grpc' | 'http/protobuf' {
  return url === undefined || url.port === GRPC_PORT ? 'grpc' : 'http/protobuf';
}

/** An endpoint without a scheme (`collector:4317`) is taken too: TLS unless marked insecure. */
function endpoint(env: Environment, name: string): URL | undefined {
  const value = read(env, name);
  if (value === undefined) return undefined;
  const insecure = read(env, 'OTEL_EXPORTER_OTLP_INSECURE')?.toLowerCase() === 'true';
  const text = value.includes('://') ? value : `${insecure ? 'http' : 'https'}://${value}`;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new ConfigError(`${name}=${quote(value)} is not an http or https URL`);
  }
  return url;
}

function timeout(env: Environment): number {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'] as const;
  const name = names.find((candidate) => read(env, candidate) !== undefined);
  if (name === undefined) return DEFAULT_TIMEOUT_MS;
  const milliseconds = Number(read(env, name));
  if (Number.isSafeInteger(milliseconds) && milliseconds > 0) return milliseconds;
  throw new ConfigError(`${name}=${quote(env[name])} must be a number of milliseconds above 0`);
}

function ratio(env: Environment): number {
  const value = read(env, 'OTEL_TRACES_SAMPLER_ARG');
  if (value === undefined) return 1;
  const share = Number(value);
  if (share >= 0 && share <= 1) return share;
  throw new ConfigError(`OTEL_TRACES_SAMPLER_ARG=${quote(value)} must be a number from 0 to 1`);
}

function resourceAttributes(env: Environment): Record<string, string> {
  const name = 'OTEL_RESOURCE_ATTRIBUTES';
  const value = read(env, name);
  const pairs = (value ?? '').split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...rest] = pair.split('=');
      if (key.trim() === '' || rest.length === 0) {
        throw new ConfigError(`${name}=${quote(value)} must be a list like key=value,key2=value2`);
      }
      return [key.trim(), percentDecoded(rest.join('=').trim())];
    }),
  );
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function oneOf<Value extends string>(
  env: Environment,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const given = read(env, name);
  if (given === undefined) return undefined;
  const found = values.find((value) => value === given);
  if (found !== undefined) return found;
  throw new ConfigError(`${name}=${quote(given)} is not supported: use ${values.join(', ')}`);
}

/** An empty variable counts as unset (OpenTelemetry's specification). */
function read(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}
