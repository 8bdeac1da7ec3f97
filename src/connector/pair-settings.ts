import { KV_PEER_SETTINGS } from './kv-peers.js';
import { MORIIO_SETTINGS } from './moriio/moriio.settings.js';
import { mooncake } from './protocols/mooncake.connector.js';
import { sglang } from './protocols/sglang.connector.js';

const {
  'moriio-write-mode': _mode,
  'moriio-local-pod-ip': _here,
  ...MORIIO_OF_PAIRS
} = MORIIO_SETTINGS;

/** Settings of connectors for a program that picks both engines of a request, and is beside neither. */
export const PAIR_CONNECTOR_SETTINGS = {
  ...sglang.settings,
  ...mooncake.settings,
  ...KV_PEER_SETTINGS,
  ...MORIIO_OF_PAIRS,
};

/** What the others are in such a program. */
export const OTHER_CONNECTOR_SETTINGS = { moriioWriteMode: false, enableP2pPull: false };
