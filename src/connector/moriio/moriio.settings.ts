import { boolean, duration, integer, listOf, port, text } from '../../config/kinds.js';
import { optional, setting, type ConfigOf } from '../../config/setting.js';

const group = 'MoRI-IO';

const host = text('HOST', /^[^\s,/]+$/, 'an IP address or a DNS name, without a port');

/** What nixlv2 heeds of it too: ranks, and whether MoRI-IO takes its place. */
export const RANK_SETTINGS = {
  'moriio-write-mode': setting(boolean(), {
    group,
    description:
      'Prefillers write KV into the decoder: --kv-connector=nixlv2 then means connector moriio.',
    default: false,
  }),
  'moriio-parallel-dispatch': setting(boolean(), {
    group,
    description:
      "Connector moriio: send prefill and decode at once; the decoder's answer is kept back until the prefill is done.",
    default: false,
  }),
  'moriio-dp-size': setting(integer(1), {
    group,
    description:
      'Data-parallel ranks of all pods of a side together; above 1 each request is pinned to one by x-data-parallel-rank, with nixlv2 on the prefill leg alone.',
    default: 1,
  }),
  'moriio-dp-size-local': setting(integer(0), {
    group,
    description: 'Data-parallel ranks in each pod; 0: all of them.',
    default: 0,
  }),
};

/** All of the connector's settings. */
export const MORIIO_SETTINGS = {
  ...RANK_SETTINGS,
  'moriio-parallel-decode-wait-timeout': setting(duration(), {
    group,
    description:
      'With --moriio-parallel-dispatch: how long a decode may wait for its prefill; then both are ended with 504. 0: no limit.',
    default: '30s',
  }),
  'moriio-local-pod-ip': optional(host, {
    group,
    description: 'Where prefillers write KV to: the address (or DNS name) of this pod.',
    defaultText: 'pod-ip',
  }),
  'moriio-decode-notify-port': setting(port(), {
    group,
    description: 'The notify_port of the decoder, that of its rank 0.',
    default: 61005,
  }),
  'moriio-decode-handshake-port': setting(port(), {
    group,
    description: 'The handshake_port of the decoder.',
    default: 6301,
  }),
  'moriio-prefill-notify-port': setting(port(), {
    group,
    description: 'The notify_port of prefillers, that of their rank 0.',
    default: 61005,
  }),
  'moriio-prefill-handshake-port': setting(port(), {
    group,
    description: 'The handshake_port of prefillers.',
    default: 6301,
  }),
  'moriio-tp-size': setting(integer(1), {
    group,
    description: 'Tensor-parallel size of the engines.',
    default: 1,
  }),
  'moriio-remote-hosts': setting(listOf(host), {
    group,
    description:
      'The prefill pods, in the order of their ranks; DNS names are resolved at start, and again when an address is old.',
    default: [],
  }),
  'moriio-decode-hosts': setting(listOf(host), {
    group,
    description: 'The decode pods, likewise.',
    default: [],
  }),
  'moriio-dns-resolve-ttl-seconds': setting(integer(1), {
    group,
    description: 'The age in seconds at which the address of a DNS name is asked for anew.',
    default: 30,
    env: ['MORIIO_DNS_RESOLVE_TTL_SECONDS'],
  }),
  'moriio-dns-resolve-timeout-seconds': setting(integer(1, 600), {
    group,
    description: 'How many seconds such a look-up may take.',
    default: 5,
    env: ['MORIIO_DNS_RESOLVE_TIMEOUT_SECONDS'],
  }),
};

export type RankSettings = ConfigOf<typeof RANK_SETTINGS>;
export type MoriioSettings = ConfigOf<typeof MORIIO_SETTINGS>;
