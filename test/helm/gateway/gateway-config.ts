import type { EnvoyPorts } from '../../../scripts/envoy/config.mjs';
import type { EnvoyConfig } from '../envoy/rendered.js';

/** What a gateway learns of an InferencePool from Kubernetes. */
export interface GatewayPool {
  readonly name: string;
  /** `ip:port` of its pods. */
  readonly servers: readonly string[];
  /** The file in which Envoy reads where its pickers are, as a gateway tells it by EDS. */
  readonly pickersFile: string;
}

/** A rule of a rendered HTTPRoute. */
export interface RouteRule {
  readonly backendRefs: readonly { readonly name: string; readonly weight?: number }[];
  readonly timeouts?: { readonly request: string };
}

const HTTP = 'type.googleapis.com/envoy.extensions.filters.http';
const POLICIES = 'type.googleapis.com/envoy.extensions.load_balancing_policies';
const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  },
};
const DESTINATION = { key: 'envoy.lb', path: [{ key: 'x-gateway-destination-endpoint' }] };

/**
 * The Envoy that plays a gateway with InferencePools: one ext_proc filter in full duplex, which each backend of a route
 * leads to the picker of its pool; the picker's word as metadata or header; TLS whose certificate nobody verifies.
 */
export function gatewayConfig(
  rule: RouteRule,
  pools: readonly GatewayPool[],
  ports: EnvoyPorts,
): EnvoyConfig {
  return {
    // Envoy asks for a name where it reads endpoints from elsewhere.
    node: { id: 'gateway', cluster: 'gateway' },
    admin: { address: address('127.0.0.1', ports.admin) },
    static_resources: {
      listeners: [listener(rule, ports.data)],
      clusters: pools.flatMap((pool) => [serversCluster(pool), pickersCluster(pool)]),
    },
  };
}

/** @returns what the file of a pool's pickers holds */
export function pickersFile(name: string, ports: readonly number[]): string {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: address('127.0.0.1', port) } }));
  const assignment = {
    '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
    cluster_name: `picker-${name}`,
    endpoints: [{ lb_endpoints }],
  };
  return JSON.stringify({ version_info: String(performance.now()), resources: [assignment] });
}

function listener(rule: RouteRule, port: number): object {
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'gateway',
    generate_request_id: true,
    route_config: {
      name: 'gateway',
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route(rule)] }],
    },
    http_filters: [
      extProc(rule),
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': `${HTTP}.router.v3.Router` },
      },
    ],
  };
  const filter = {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: manager,
  };
  return {
    name: 'gateway',
    address: address('127.0.0.1', port),
    filter_chains: [{ filters: [filter] }],
  };
}

function route({ backendRefs, timeouts }: RouteRule): object {
  const clusters = backendRefs.map(({ name, weight = 1 }) => ({
    name: `servers-${name}`,
    weight,
    typed_per_filter_config: {
      'envoy.filters.http.ext_proc': {
        '@type': `${HTTP}.ext_proc.v3.ExtProcPerRoute`,
        overrides: { grpc_service: grpcService(name) },
      },
    },
  }));
  return {
    name: 'gateway',
    match: { prefix: '/' },
    route: { weighted_clusters: { clusters }, timeout: timeouts?.request ?? '0s' },
  };
}

function extProc({ backendRefs: [first] }: RouteRule): object {
  return {
    name: 'envoy.filters.http.ext_proc',
    typed_config: {
      '@type': `${HTTP}.ext_proc.v3.ExternalProcessor`,
      failure_mode_allow: false,
      grpc_service: grpcService(first!.name),
      metadata_options: {
        forwarding_namespaces: { untyped: ['envoy.lb', 'envoy.lb.subset_hint'] },
        receiving_namespaces: { untyped: ['envoy.lb'] },
      },
      processing_mode: {
        request_header_mode: 'SEND',
        request_body_mode: 'FULL_DUPLEX_STREAMED',
        request_trailer_mode: 'SEND',
        response_header_mode: 'SEND',
        response_body_mode: 'FULL_DUPLEX_STREAMED',
        response_trailer_mode: 'SEND',
      },
    },
  };
}

function grpcService(pool: string): object {
  return { envoy_grpc: { cluster_name: `picker-${pool}`, authority: 'picker' } };
}

function pickersCluster({ name, pickersFile: path }: GatewayPool): object {
  return {
    name: `picker-${name}`,
    type: 'EDS',
    eds_cluster_config: {
      eds_config: { path_config_source: { path }, resource_api_version: 'V3' },
    },
    connect_timeout: '2s',
    lb_policy: 'LEAST_REQUEST',
    typed_extension_protocol_options: HTTP2,
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: { alpn_protocols: ['h2'], validation_context: {} },
      },
    },
  };
}

function serversCluster({ name, servers }: GatewayPool): object {
  const lb_endpoints = servers.map((at) => {
    const [ip, port] = at.split(':');
    return { endpoint: { address: address(ip!, Number(port)) } };
  });
  const balancing = {
    name: 'envoy.load_balancing_policies.override_host',
    typed_config: {
      '@type': `${POLICIES}.override_host.v3.OverrideHost`,
      override_host_sources: [
        { metadata: DESTINATION },
        { header: 'x-gateway-destination-endpoint' },
      ],
      fallback_policy: {
        policies: [
          {
            typed_extension_config: {
              name: 'envoy.load_balancing_policies.least_request',
              typed_config: { '@type': `${POLICIES}.least_request.v3.LeastRequest` },
            },
          },
        ],
      },
    },
  };
  return {
    name: `servers-${name}`,
    type: 'STATIC',
    connect_timeout: '2s',
    load_balancing_policy: { policies: [{ typed_extension_config: balancing }] },
    load_assignment: { cluster_name: `servers-${name}`, endpoints: [{ lb_endpoints }] },
  };
}

function address(ip: string, port: number): object {
  return { socket_address: { address: ip, port_value: port } };
}
