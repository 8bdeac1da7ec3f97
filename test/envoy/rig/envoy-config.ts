import { envoyConfig, type EnvoyPorts } from '../../../scripts/envoy/config.mjs';

export const BODY_SEND_MODES = ['FULL_DUPLEX_STREAMED', 'BUFFERED', 'STREAMED', 'NONE'] as const;
export type BodySendMode = (typeof BODY_SEND_MODES)[number];

/** A file of config/ with other addresses, and what else a scenario needs to be different. */
export interface EnvoyPlan {
  readonly file: 'envoy.yaml' | 'envoy/standalone.yaml' | 'envoy/override-host.yaml';
  /** Port of the picker, or of several. */
  readonly picker: number | readonly number[];
  /** Ports of the model servers that Envoy knows, where the file lists them. */
  readonly servers?: readonly number[];
  readonly request?: BodySendMode;
  readonly response?: BodySendMode;
  readonly failOpen?: boolean;
  /** What a gateway says in `envoy.lb.subset_hint`. */
  readonly subset?: unknown;
  /** Model servers may send trailers, and clients of HTTP/1 get them. */
  readonly trailers?: boolean;
}

type Node = ReturnType<typeof envoyConfig>;

/** @param version of Envoy, as 1.40.0 */
export function plannedConfig(plan: EnvoyPlan, ports: EnvoyPorts, version: string): object {
  const { servers = [] } = plan;
  const config = envoyConfig(plan.file, { ports, pickers: [plan.picker].flat(), servers, version });
  const { listeners, clusters } = config['static_resources'] as Record<string, Node[]>;
  const manager = listeners![0]!['filter_chains'][0].filters[0].typed_config as Node;
  const filters = manager['http_filters'] as Node[];
  changeProcessing(
    filters.find(({ name }) => name === 'envoy.filters.http.ext_proc')!,
    plan,
  );
  if (plan.subset !== undefined) filters.splice(1, 0, subsetHint(plan.subset));
  if (plan.trailers)
    allowTrailers(
      manager,
      clusters!.find(({ name }) => name === 'model-servers')!,
    );
  return config;
}

function changeProcessing(filter: Node, { request, response, failOpen }: EnvoyPlan): void {
  const config = filter['typed_config'] as Node;
  const mode = config['processing_mode'] as Node;
  if (request) mode['request_body_mode'] = request;
  if (response) mode['response_body_mode'] = response;
  // Envoy asks for it in full duplex; a picker that sees no answer needs not wait for its trailers.
  if (request === 'FULL_DUPLEX_STREAMED') mode['request_trailer_mode'] = 'SEND';
  if (response === 'FULL_DUPLEX_STREAMED') mode['response_trailer_mode'] = 'SEND';
  if (response === 'NONE') mode['response_trailer_mode'] = 'SKIP';
  if (failOpen !== undefined) config['failure_mode_allow'] = failOpen;
}

function subsetHint(value: unknown): Node {
  return {
    name: 'envoy.filters.http.set_metadata',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config',
      metadata: [
        {
          metadata_namespace: 'envoy.lb.subset_hint',
          allow_overwrite: true,
          value: { 'x-gateway-destination-endpoint-subset': value },
        },
      ],
    },
  };
}

function allowTrailers(manager: Node, pool: Node): void {
  manager['http_protocol_options'] = { enable_trailers: true };
  pool['typed_extension_protocol_options'] = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http_protocol_options: { enable_trailers: true } },
    },
  };
}
