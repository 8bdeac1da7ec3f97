import { boolean, byteSize, duration, port, text } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';
import { cipherSuites, tlsVersion } from '../../../config/tls-names.js';

const group = 'Listening';
const OFF_WITH_HOSTS = 'off with --static-hosts, --routing-logic, --port and the like';

/** Where proxies, probes and Prometheus find the picker. */
export const LISTENING_SETTINGS = {
  'grpc-port': setting(port(0), {
    group,
    description: 'The port of the ext_proc service; 0 lets the system choose.',
    default: 9002,
  }),
  'grpc-health-port': optional(port(0), {
    group,
    description: 'The port of the gRPC health service alone, always plaintext; 0 switches it off.',
    defaultText: `9003, ${OFF_WITH_HOSTS}`,
  }),
  'metrics-port': optional(port(0), {
    group,
    description: 'The port of /metrics, always plaintext; 0 switches it off.',
    defaultText: `9090, ${OFF_WITH_HOSTS}`,
  }),
  'bind-address': optional(text('ADDRESS', /^\S+$/, 'an address'), {
    group,
    description: 'The address that all ports listen on.',
    defaultText: 'all addresses',
    aliases: ['host'],
  }),
  'secure-serving': optional(boolean(), {
    group,
    description: 'Serve ext_proc with TLS; without it plaintext HTTP/2.',
    defaultText: 'true, false with --static-hosts, --routing-logic, --port and the like',
  }),
  'cert-path': optional(text('FOLDER', /./, 'a folder'), {
    group,
    description: 'The folder of tls.crt and tls.key.',
    defaultText: 'a self-signed certificate',
  }),
  'enable-cert-reload': setting(boolean(), {
    group,
    description: 'Serve with a new certificate when the files of --cert-path change.',
    default: false,
  }),
  'tls-min-version': optional(tlsVersion(), {
    group,
    description: 'The oldest version of TLS that is spoken.',
    defaultText: 'VersionTLS12',
  }),
  'tls-cipher-suites': optional(cipherSuites(), {
    group,
    description: "The cipher suites of TLS 1.2, by IANA's names.",
    defaultText: "Node's",
  }),
  'grpc-max-recv-msg-size': setting(byteSize(), {
    group,
    description:
      'The longest message that is taken: with buffered bodies, the longest body. Bodies in full duplex are of any length.',
    default: '512MiB',
  }),
  'max-buffered-bytes': optional(byteSize(), {
    group,
    description: 'The bodies of all requests together that are held in memory; above it 503.',
    defaultText: 'half the memory limit',
  }),
  'drain-timeout': setting(duration(), {
    group,
    description: 'After SIGTERM, how long streams that have begun may go on.',
    default: '30s',
  }),
};
