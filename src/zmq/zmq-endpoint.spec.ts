import { describe, expect, it } from '@jest/globals';
import { parseZmqEndpoint } from './zmq-endpoint.js';

describe('parseZmqEndpoint', () => {
  it.each([
    ['tcp://127.0.0.1:5557', { host: '127.0.0.1', port: 5557 }],
    ['tcp://worker-0.pool.svc:5557', { host: 'worker-0.pool.svc', port: 5557 }],
    ['tcp://[::1]:5557', { host: '::1', port: 5557 }],
    ['tcp://*:5557', { host: '*', port: 5557 }],
    ['ipc:///run/kv', { path: '/run/kv' }],
    ['ipc://@kv', { path: '\0kv' }],
  ])('reads %s', (text, endpoint) => {
    expect(parseZmqEndpoint(text)).toEqual(endpoint);
  });

  it.each(['', 'tcp://host', 'tcp://:1', 'tcp://a:65536', 'http://a:1', 'inproc://x'])(
    'refuses %j',
    (text) => {
      expect(parseZmqEndpoint(text)).toBeUndefined();
    },
  );
});
