import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../http/api-error.js';
import { peersOf } from './peers.js';

const PEER = { kv_request_id: 'u', remote_host: '::1', remote_port: 7777 };
const READ = { requestId: 'u', host: '::1', port: 7777 };

describe(peersOf.name, () => {
  it.each([undefined, {}, { do_remote_decode: true, remote_host: 'a', remote_port: 1 }])(
    'finds no peer in %j',
    (params) => {
      expect(peersOf(params)).toBeUndefined();
    },
  );

  it('reads the roles', () => {
    expect(peersOf({ remote_decoder: { kv_request_id: 'u' } })).toMatchObject({ decoder: 'u' });
    expect(peersOf({ remote_prefiller: PEER })).toMatchObject({ prefiller: READ });
    expect(
      peersOf({ remote_decoder: { kv_request_id: 'v' }, remote_kv_source: PEER }),
    ).toMatchObject({ decoder: 'v', source: READ });
  });

  it.each([
    { remote_decoder: null },
    { remote_decoder: 'u' },
    { remote_decoder: [] },
    { remote_decoder: {} },
    { remote_decoder: { kv_request_id: '' } },
    { remote_decoder: { kv_request_id: 1 } },
    { remote_prefiller: { kv_request_id: 'u' } },
    { remote_prefiller: { ...PEER, kv_request_id: undefined } },
    { remote_prefiller: { ...PEER, remote_host: '' } },
    { remote_prefiller: { ...PEER, remote_port: '7777' } },
    { remote_prefiller: { ...PEER, remote_port: 0 } },
    { remote_prefiller: { ...PEER, remote_port: 65_536 } },
    { remote_prefiller: { ...PEER, remote_port: 7777.5 } },
    { remote_kv_source: { ...PEER, remote_host: 10 } },
    { remote_prefiller: PEER, remote_decoder: { kv_request_id: 'u' } },
    { remote_prefiller: PEER, remote_kv_source: PEER },
  ])('refuses %j', (params) => {
    expect(() => peersOf(params)).toThrow(ApiError);
  });
});
