import {
  boolean,
  byteSize,
  duration,
  fraction,
  integer,
  oneOf,
  port,
  text,
} from '../../config/kinds.js';
import { LOGGING_SETTINGS } from '../../config/logging.settings.js';
import { defineSettings, optional, setting, type ConfigOf } from '../../config/setting.js';
import { kvEventsConfig } from './kv/kv-events-config.js';

const SERVING = {
  port: setting(port(0), {
    group: 'Serving',
    description: 'The port of the API; 0 lets the system choose.',
    default: 8001,
  }),
  host: setting(text('ADDRESS'), {
    group: 'Serving',
    description: 'The address to listen on.',
    default: '127.0.0.1',
  }),
  model: setting(text('NAME'), {
    group: 'Serving',
    description: 'The name of the served model.',
    default: 'tiny',
    aliases: ['served-model-name'],
  }),
  'api-key': optional(text('KEY'), {
    group: 'Serving',
    description: 'The bearer token that requests to /v1 must carry.',
    env: ['VLLM_API_KEY'],
  }),
  'max-request-bytes': setting(byteSize(), {
    group: 'Serving',
    description: 'The longest request body that is read.',
    default: '256MiB',
  }),
  'shutdown-timeout': setting(integer(0), {
    group: 'Serving',
    description:
      'How many seconds requests in flight may go on after SIGTERM; 0 cuts them (vLLM: the same).',
    default: 0,
  }),
  'enable-prompt-tokens-details': setting(boolean(), {
    group: 'Serving',
    description: 'Tell the number of cached prompt tokens in usage (vLLM: off by default).',
    default: true,
  }),
};

const ENGINE = {
  'max-model-len': setting(integer(16), {
    group: 'Engine',
    description: 'The longest prompt and answer together, in tokens of four bytes.',
    default: 4_194_304,
  }),
  'max-num-seqs': setting(integer(1), {
    group: 'Engine',
    description: 'Sequences that run at a time; others wait.',
    default: 1024,
  }),
  'num-gpu-blocks': setting(integer(16), {
    group: 'Engine',
    description: 'Blocks of the prefix cache, of block-size tokens each.',
    default: 65_536,
    aliases: ['num-gpu-blocks-override'],
  }),
  'kv-events-config': optional(kvEventsConfig(), {
    group: 'Engine',
    description:
      "Publish what the prefix cache stores and drops, by ZeroMQ, as vLLM's flag of this name does.",
  }),
  'block-size': setting(integer(1, 4096), {
    group: 'Engine',
    description: 'Tokens of a KV cache block.',
    default: 16,
  }),
  'data-parallel-size': setting(integer(1), {
    group: 'Engine',
    description:
      'Data-parallel ranks of all pods together, which x-data-parallel-rank chooses from.',
    default: 1,
  }),
  'data-parallel-size-local': setting(integer(0), {
    group: 'Engine',
    description: 'Those of this pod, which the field counts from 0; 0: all of them.',
    default: 0,
  }),
  'data-parallel-start-rank': setting(integer(0), {
    group: 'Engine',
    description: 'The first of them, as all pods count.',
    default: 0,
  }),
  seed: setting(integer(0), {
    group: 'Engine',
    description: 'Seeds the text of sampled answers whose request has no seed.',
    default: 0,
  }),
};

const TIMES = {
  'time-to-first-token': setting(duration(), {
    group: 'Times',
    description: 'How long a prefill takes beside the time of its tokens.',
    default: '20ms',
  }),
  'prefill-tokens-per-second': setting(integer(0), {
    group: 'Times',
    description: 'Prompt tokens computed per second, cached ones excepted; 0 takes no time.',
    default: 20_000,
  }),
  'inter-token-latency': setting(duration(), {
    group: 'Times',
    description: 'Time between tokens; 0 generates as fast as it can.',
    default: '10ms',
  }),
  'kv-transfer-time': setting(duration(), {
    group: 'Times',
    description: 'How long the pull of a prompt from a prefiller takes at least.',
    default: '2ms',
  }),
};

const HAND_OVER = {
  role: setting(oneOf(['prefill', 'decode', 'both']), {
    group: 'KV hand-over',
    description:
      'Which side of a room this engine is on (bootstrap_room); with the NIXL connector it is named in the log, and either side can do both.',
    default: 'both',
  }),
  'side-channel-host': setting(text('ADDRESS'), {
    group: 'KV hand-over',
    description: 'The address that decoders are told to pull KV from.',
    default: '127.0.0.1',
    env: ['VLLM_NIXL_SIDE_CHANNEL_HOST'],
  }),
  'side-channel-port': setting(port(0), {
    group: 'KV hand-over',
    description: 'The port that decoders pull KV from; 0 lets the system choose.',
    default: 0,
    env: ['VLLM_NIXL_SIDE_CHANNEL_PORT'],
  }),
  'shared-storage-path': optional(text('FOLDER'), {
    group: 'KV hand-over',
    description:
      'A folder in which engines keep the KV of prompts for each other; where too little is cached for a cache_hit_threshold, a request is refused.',
  }),
  'kv-connector': setting(oneOf(['nixl', 'mooncake', 'moriio']), {
    group: 'KV hand-over',
    description:
      "Which of vLLM's connectors reads kv_transfer_params: NIXL's, Mooncake's with its bootstrap server, or MoRI-IO's in WRITE mode.",
    default: 'nixl',
  }),
  'moriio-notify-port': setting(port(0), {
    group: 'KV hand-over',
    description:
      'The port where other engines tell this one of room for KV, and of KV that they wrote (MoRI-IO); 0 lets the system choose.',
    default: 0,
  }),
  'moriio-handshake-port': setting(port(0), {
    group: 'KV hand-over',
    description: 'The port where prefillers shake hands (MoRI-IO); 0 lets the system choose.',
    default: 0,
  }),
  'mooncake-bootstrap-port': setting(port(0), {
    group: 'KV hand-over',
    description:
      "The port where decoders and routers ask for a prefiller's engine id (GET /query); 0 lets the system choose.",
    default: 0,
    env: ['VLLM_MOONCAKE_BOOTSTRAP_PORT'],
  }),
  'disaggregation-bootstrap-port': setting(port(0), {
    group: 'KV hand-over',
    description:
      "The port where decoders find a prefiller's rooms (SGLang's hand-over, requests with a bootstrap_room); 0 lets the system choose.",
    default: 0,
  }),
  'p2p-connector-port': setting(port(0), {
    group: 'KV hand-over',
    description:
      "The port where peers fetch KV (the P2P tier of vLLM's OffloadingConnector: remote_decoder, remote_prefiller, remote_kv_source); 0 lets the system choose.",
    default: 0,
    env: ['VLLM_P2P_SIDE_CHANNEL_PORT'],
  }),
  'p2p-load-timeout': setting(duration(), {
    group: 'KV hand-over',
    description: 'How long a fetch from a peer may take.',
    default: '30s',
  }),
  'p2p-store-timeout': setting(duration(), {
    group: 'KV hand-over',
    description: 'How long the KV of a prefill is kept for a peer.',
    default: '60s',
  }),
  'kv-lease-duration': setting(duration(), {
    group: 'KV hand-over',
    description: 'How long the blocks of a prefill are held for a decoder.',
    default: '30s',
  }),
  'kv-mismatch': setting(oneOf(['fail', 'garbage']), {
    group: 'KV hand-over',
    description:
      "What a decoder does with blocks that are freed or hold another prompt: fail the request, or, as vLLM's memory reads do, answer 200 with a wrong text.",
    default: 'fail',
  }),
};

const ENCODER = {
  'ec-role': setting(oneOf(['none', 'producer', 'consumer']), {
    group: 'Encoder cache',
    description:
      "producer: encodes the one image, audio or video of each request and keeps its embedding; consumer: refuses to compute a prompt whose items' embeddings it cannot get.",
    default: 'none',
  }),
  'ec-side-channel-port': setting(port(0), {
    group: 'Encoder cache',
    description: 'The port that consumers fetch embeddings from; 0 lets the system choose.',
    default: 0,
    env: ['VLLM_EC_SIDE_CHANNEL_PORT'],
  }),
  'ec-shared-storage-path': optional(text('FOLDER'), {
    group: 'Encoder cache',
    description:
      'A folder in which producers keep embeddings for consumers; left out, consumers fetch them from where ec_transfer_params says.',
  }),
};

const FAULTS = {
  'fail-rate': setting(fraction(), {
    group: 'Faults',
    description: 'The share of generate requests that are answered with 500.',
    default: 0,
  }),
  'cut-rate': setting(fraction(), {
    group: 'Faults',
    description: 'The share of generate requests whose connection is cut after the first token.',
    default: 0,
  }),
};

const LOGGING = {
  'log-level': LOGGING_SETTINGS['log-level'],
  'log-format': LOGGING_SETTINGS['log-format'],
};

/** All that a simulator can be told. */
export const simulatorSettings = defineSettings({
  program: 'simulator',
  summary:
    'Looks like a vLLM server that hands KV over by NIXL (nixlv2), Mooncake, MoRI-IO, P2P offloading, a shared storage or a room of SGLang; needs no GPU and no model.',
  settings: { ...SERVING, ...ENGINE, ...TIMES, ...HAND_OVER, ...ENCODER, ...FAULTS, ...LOGGING },
});

export type SimulatorConfig = ConfigOf<typeof simulatorSettings.settings>;
