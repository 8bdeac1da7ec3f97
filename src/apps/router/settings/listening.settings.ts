import { byteSize, port, text, wordsOf } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';
import { key } from './key.js';

/** Where clients, operators and Prometheus find the router, and who they must be. */
export const LISTENING_SETTINGS = {
  host: setting(text('ADDRESS'), {
    group: 'Listening',
    description: 'The address to listen on.',
    default: '127.0.0.1',
  }),
  port: setting(port(0), {
    group: 'Listening',
    description: 'The port of clients and of the worker API; 0 lets the system choose.',
    default: 30_000,
  }),
  'prometheus-host': setting(text('ADDRESS'), {
    group: 'Listening',
    description: 'The address of the metrics port.',
    default: '127.0.0.1',
  }),
  'prometheus-port': setting(port(0), {
    group: 'Listening',
    description: 'The port of /metrics and /health; 0 switches it off.',
    default: 29_000,
  }),
  'api-key': optional(key(), {
    group: 'Listening',
    live: true,
    description: 'The bearer token that clients must send.',
  }),
  'admin-api-key': optional(key(), {
    group: 'Listening',
    live: true,
    description:
      'The bearer token for the worker API; without one, and without --api-key, that API answers only where --host is of the loopback.',
    defaultText: 'that of --api-key',
  }),
  'cors-allowed-origins': setting(wordsOf(text('ORIGIN')), {
    group: 'Listening',
    live: true,
    description:
      'The web origins (https://chat.example.com) whose pages may call; * allows all. Without it no answer has a CORS field, whatever workers send.',
    default: [],
  }),
  'max-payload-size': setting(byteSize(), {
    group: 'Listening',
    live: true,
    description: 'The longest request body; above it 413.',
    default: 536_870_912,
  }),
  'request-id-headers': setting(wordsOf(text('NAME')), {
    group: 'Listening',
    live: true,
    description: "The headers in which a request's id is looked for, in this order.",
    default: ['x-request-id', 'x-correlation-id', 'x-trace-id', 'request-id'],
  }),
};
