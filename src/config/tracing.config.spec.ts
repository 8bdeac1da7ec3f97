import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { tracingFromEnvironment } from './tracing.config.js';

const GENERAL = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL';

describe(tracingFromEnvironment.name, () => {
  it('has the defaults of OpenTelemetry', () => {
    expect(tracingFromEnvironment({})).toEqual({
      serviceName: 'tandem-sidecar',
      resource: {},
      sampler: 'parentbased_always_on',
      ratio: 1,
      exporter: {
        kind: 'otlp',
        protocol: 'grpc',
        url: 'http://localhost:4317',
        timeoutMs: 10_000,
      },
    });
  });

  it.each([
    [{ [GENERAL]: 'http://c:4317' }, 'grpc', 'http://c:4317/'],
    [{ [GENERAL]: 'http://c:4318' }, 'http/protobuf', 'http://c:4318/v1/traces'],
    [{ [GENERAL]: 'https://c/otlp/' }, 'http/protobuf', 'https://c/otlp/v1/traces'],
    [
      { [GENERAL]: 'http://c:4317', [PROTOCOL]: 'http/protobuf' },
      'http/protobuf',
      'http://c:4317/v1/traces',
    ],
    [{ [PROTOCOL]: 'http/protobuf' }, 'http/protobuf', 'http://localhost:4318/v1/traces'],
    [
      { [TRACES]: 'http://c:4318/own', [GENERAL]: 'http://d' },
      'http/protobuf',
      'http://c:4318/own',
    ],
    [{ [GENERAL]: 'c:4317', OTEL_EXPORTER_OTLP_INSECURE: 'true' }, 'grpc', 'http://c:4317/'],
    [{ [GENERAL]: 'c:4317' }, 'grpc', 'https://c:4317/'],
    [{ [GENERAL]: '' }, 'grpc', 'http://localhost:4317'],
  ])('reads %j', (env, protocol, url) => {
    expect(tracingFromEnvironment(env)?.exporter).toMatchObject({ kind: 'otlp', protocol, url });
  });

  it('reads exporter, sampler, service and resource', () => {
    const settings = tracingFromEnvironment({
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=fallback, k8s.pod.name=decode%2D0',
    });
    expect(settings).toEqual({
      serviceName: 'fallback',
      resource: { 'service.name': 'fallback', 'k8s.pod.name': 'decode-0' },
      sampler: 'parentbased_traceidratio',
      ratio: 0.1,
      exporter: { kind: 'console' },
    });
    expect(tracingFromEnvironment({ OTEL_SDK_DISABLED: 'TRUE' })).toBeUndefined();
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_TRACES_SAMPLER_ARG', 'x'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://c'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'novalue'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s'],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '0'],
  ])('refuses %s=%s, naming both', (name, value) => {
    const read = (): unknown => tracingFromEnvironment({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`${name}="${value}"`);
  });
});
