import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import type { EnvoyConfig } from './rendered.js';

const HEADER = 12;
const TYPE_A = 1;
const NAME_ERROR = 3;

/** The DNS of a cluster: the IPv4 addresses of headless Services, by their names. */
export class ClusterDns {
  /** Addresses by name, without a dot at its end. */
  readonly records = new Map<string, readonly string[]>();
  /** Names that were asked for, and are not there. */
  readonly missing = new Set<string>();
  private readonly socket = createSocket('udp4');

  static async start(): Promise<ClusterDns> {
    const dns = new ClusterDns();
    dns.socket.on('message', (query, from) => dns.answer(query, from));
    dns.socket.bind(0, '127.0.0.1');
    await once(dns.socket, 'listening');
    return dns;
  }

  /** @returns the configuration, whose clusters ask here in place of the system's resolver */
  serve(config: EnvoyConfig): EnvoyConfig {
    const { port } = this.socket.address();
    const asked = structuredClone(config);
    const resolver = {
      name: 'envoy.network.dns_resolver.cares',
      typed_config: {
        '@type':
          'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
        resolvers: [{ socket_address: { address: '127.0.0.1', port_value: port } }],
      },
    };
    for (const cluster of asked['static_resources'].clusters) {
      const dns = cluster.cluster_type?.typed_config;
      if (dns) dns.typed_dns_resolver_config = resolver;
    }
    return asked;
  }

  stop(): void {
    this.socket.close();
  }

  private answer(query: Buffer, from: RemoteInfo): void {
    const { name, type, end } = questionOf(query);
    const addresses = this.records.get(name.toLowerCase());
    if (addresses === undefined) this.missing.add(name);
    // Names that are there have no IPv6 address, which is not the same as not being there.
    const found = type === TYPE_A ? (addresses ?? []) : [];
    const answer = Buffer.concat([query.subarray(0, end), ...found.map(recordOf)]);
    answer.writeUInt16BE(0x8580 | (addresses === undefined ? NAME_ERROR : 0), 2);
    answer.writeUInt16BE(found.length, 6);
    answer.writeUInt32BE(0, 8);
    this.socket.send(answer, from.port, from.address);
  }
}

/** The one question of a query; `end` is behind it. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** An A record of the name in the question, good for a second. */
function recordOf(address: string): Buffer {
  const record = Buffer.from([0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0]);
  record.set(address.split('.').map(Number), HEADER);
  return record;
}
