import { boolean, listOf, oneOf, text } from './kinds.js';
import { optional, setting, type Setting } from './setting.js';
import { cipherSuites, tlsVersion } from './tls-names.js';

/** The servers that the sidecar connects to. */
export const UPSTREAMS = ['prefiller', 'decoder', 'encoder'] as const;
export type Upstream = (typeof UPSTREAMS)[number];

const SERVER = 'TLS towards clients';
const CLIENT = 'TLS towards model servers';
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

function serverName(upstream: Upstream): Setting<string | undefined> {
  return optional(text('NAME', HOST_NAME, 'a DNS name'), {
    group: CLIENT,
    description: `The name that the ${upstream}'s certificate must hold.`,
    defaultText: 'the name that is dialled',
  });
}

function older(description: string): Setting<boolean | undefined> {
  return optional(boolean(), { group: CLIENT, description: `Older spelling of ${description}.` });
}

/** Settings of TLS, on both sides of the sidecar. */
export const CONNECTION_SETTINGS = {
  'secure-proxy': setting(boolean(), {
    group: SERVER,
    description: 'Serve clients by TLS.',
    default: true,
    aliases: ['secure-serving'],
  }),
  'cert-path': optional(text('FOLDER', /./, 'a folder'), {
    group: SERVER,
    description:
      'The folder of tls.crt and tls.key, read again when they change. Without a valid pair a self-signed certificate serves, with a warning.',
    defaultText: '/etc/sidecar/certs/ if it exists',
  }),
  'require-valid-cert': setting(boolean(), {
    group: SERVER,
    description: 'Do not start without a valid certificate in place of signing one.',
    default: false,
  }),
  'tls-min-version': setting(tlsVersion(), {
    group: SERVER,
    description: 'The lowest version of TLS that clients may speak.',
    default: 'VersionTLS12',
  }),
  'tls-cipher-suites': setting(cipherSuites(), {
    group: SERVER,
    description: 'The cipher suites of TLS 1.2 (and of 1.3 where named), by their IANA names.',
    default: [],
    defaultText: 'those of TLS 1.3, and of TLS 1.2 those with ECDHE and AEAD',
  }),
  'enable-tls': setting(listOf(oneOf(UPSTREAMS)), {
    group: CLIENT,
    description: 'The model servers that are spoken to by TLS.',
    default: [],
    defaultText: 'none',
  }),
  'tls-insecure-skip-verify': setting(listOf(oneOf(UPSTREAMS)), {
    group: CLIENT,
    description: 'The model servers whose certificates are not verified: for tests only.',
    default: [],
    defaultText: 'none',
  }),
  'prefiller-tls-server-name': serverName('prefiller'),
  'decoder-tls-server-name': serverName('decoder'),
  'encoder-tls-server-name': serverName('encoder'),
  'ca-cert': optional(text('FILE', /./, 'a file'), {
    group: CLIENT,
    description: 'Certificates in PEM that are trusted beside the system’s, for all model servers.',
  }),
  'prefiller-use-tls': older('--enable-tls=prefiller'),
  'decoder-use-tls': older('--enable-tls=decoder'),
  'prefiller-tls-insecure-skip-verify': older('--tls-insecure-skip-verify=prefiller'),
  'decoder-tls-insecure-skip-verify': older('--tls-insecure-skip-verify=decoder'),
};
