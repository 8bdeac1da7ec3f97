import type { Values } from '../rig/helm.js';

/** Values of tandem-standalone, with a name of what they are. */
export interface MatrixCase {
  readonly name: string;
  readonly values: Values;
}

const DISCOVERIES = {
  pods: { matchLabels: { app: 'm' }, targetPorts: [8000, 8001] },
  roles: { matchLabels: { app: 'm' }, directRoles: ['decode', 'both'] },
  endpoints: { endpoints: [{ name: 'a', address: '127.0.0.1', port: 8000 }] },
  hosts: { hosts: ['localhost:8000'] },
  routes: {
    hosts: ['localhost:8000'],
    routes: [{ name: 'chat-route', model: 'm', path_prefix: '/v1/chat' }],
  },
};
const TLS = {
  'self-signed': { enabled: true },
  verified: { enabled: true, secretName: 'picker' },
  plain: { enabled: false },
};
const ROUTINGS = [
  { routing: 'override-host', failOpen: false },
  { routing: 'override-host', failOpen: true },
  { routing: 'original-dst' },
  { routing: 'original-dst', requestBody: 'full-duplex' },
];

/** Every combination of mode, discovery, TLS and routing. @param tag of Envoy's image */
export function* standaloneMatrix(tag: string): Generator<MatrixCase> {
  for (const mode of ['sidecar', 'service']) {
    for (const [discovery, modelServers] of Object.entries(DISCOVERIES)) {
      for (const [tls, picker] of Object.entries(TLS)) {
        for (const routing of ROUTINGS) {
          yield {
            name: [mode, discovery, tls, ...Object.values(routing)].join(', '),
            values: {
              modelServers,
              picker: { tls: picker },
              proxy: { mode, image: { tag }, ...routing },
            },
          };
        }
      }
    }
  }
}
