import type { SidecarConfig } from '../../src/config/sidecar.config.js';
import type { StartOptions } from '../../src/apps/sidecar/start-sidecar.js';
import { FakeEngine, json, type EngineBehaviour } from './fake-engine.js';
import { startFixture, type SidecarFixture } from './sidecar-fixture.js';
import { loadConfig } from './sidecar-config.js';

/** Settings of encoders as the configuration holds them, beside those of connectors. */
export function encoderConfig(
  ecConnector: string | undefined,
  more: Readonly<Record<string, unknown>> = {},
): Pick<SidecarConfig, 'connectorSettings'> {
  const { connectorSettings } = loadConfig().config;
  return { connectorSettings: { ...connectorSettings, ecConnector, ...more } };
}

/** A sidecar with its engines, and encoders before them. */
export interface EncoderFixture extends SidecarFixture {
  readonly encoders: readonly FakeEngine[];
  /** The value of `x-encoder-hosts-ports` that names them all. */
  readonly named: string;
  /** Sends a chat, or what `path` takes, without a prefiller unless `headers` name one. */
  ask(body: string, options?: AskOptions): Promise<Response>;
}

interface AskOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @param config with {@link encoderConfig}; @param count of encoders, each of which answers an empty object */
export async function startEncoderFixture(
  config: Partial<SidecarConfig>,
  count = 2,
  options: StartOptions = {},
): Promise<EncoderFixture> {
  const fixture = await startFixture(config, options);
  const encoders = await Promise.all(
    Array.from({ length: count }, () => FakeEngine.start(json({}))),
  );
  const named = encoders.map(({ hostPort }) => hostPort).join(', ');
  return {
    ...fixture,
    encoders,
    named,
    ask: (body, { path = '/v1/chat/completions', headers = {}, signal } = {}) =>
      fetch(fixture.url + path, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-encoder-hosts-ports': named,
          ...headers,
        },
        ...(signal && { signal }),
      }),
    stop: async () => {
      await fixture.stop();
      await Promise.all(encoders.map((encoder) => encoder.stop()));
    },
  };
}

/** Answers each item with parameters by a name, which is what stands between the last slash and quote of its URL. */
export function announcing(paramsOf: (name: string) => string): EngineBehaviour {
  return (response, request) => {
    const name = /\/([\w.]+)"/.exec(request.body.toString())?.[1] ?? '';
    return json(`{"id":1,"ec_transfer_params":${paramsOf(name)}}`)(response, request);
  };
}

/** The bodies that an engine got. */
export function bodiesOf({ requests }: FakeEngine): string[] {
  return requests.map(({ body }) => body.toString());
}
