import { describe, expect, it } from '@jest/globals';
import { moriioOf, podOf } from './moriio-params.js';
import { GenerationError } from '../engine/engine-error.js';
import { MalformedParams } from './transfer-params.js';

const PEER = { remote_host: 'h', remote_notify_port: 61005, remote_handshake_port: '6301' };
const PREFILL = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  transfer_id: 'tx1',
  ...PEER,
};
const DECODE = { do_remote_prefill: true, do_remote_decode: false, transfer_id: 'tx1', ...PEER };
const PEER_READ = { host: 'h', hosts: [], notifyPort: 61005, handshakePort: 6301, sizeLocal: 1 };

const without = (params: object, name: string): object =>
  Object.fromEntries(Object.entries(params).filter(([key]) => key !== name));

describe(moriioOf.name, () => {
  it('takes requests without parameters for ordinary ones', () => {
    expect([moriioOf(undefined), moriioOf({}), moriioOf({ do_remote_prefill: false })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('reads both legs', () => {
    expect(moriioOf(PREFILL)).toEqual({ side: 'prefill', id: 'tx1', decoder: PEER_READ });
    const pinned = { ...DECODE, remote_dp_rank: 3, remote_dp_rank_override: true };
    expect(moriioOf(pinned)).toEqual({
      ...{ side: 'decode', id: 'tx1', prefiller: PEER_READ },
      ...{ rank: 3, teller: 3 },
    });
    expect(moriioOf({ ...pinned, is_request_leader: true })).toMatchObject({ teller: undefined });
    expect(moriioOf(DECODE)).toMatchObject({ rank: 0, teller: 0 });
  });

  it('fails a request whose transfer nobody else knows', () => {
    expect(() => moriioOf({ ...PREFILL, transfer_id: undefined })).toThrow(GenerationError);
  });

  it.each([
    ['a prefill without remote_engine_id', without(PREFILL, 'remote_engine_id')],
    ['a prefill without remote_host', { ...PREFILL, remote_host: null }],
    ['a decode without remote_notify_port', { ...DECODE, remote_notify_port: undefined }],
    ['a prefill without remote_handshake_port', { ...PREFILL, remote_handshake_port: null }],
  ])('does not survive %s', (_, params: object) => {
    expect(() => moriioOf(params as Record<string, unknown>)).toThrow(MalformedParams);
  });
});

describe(podOf.name, () => {
  it('finds a rank in its pod', () => {
    const two = { ...PEER_READ, hosts: ['a', 'b'], sizeLocal: 8 };
    expect(podOf(two, 11)).toEqual({ host: 'b', rank: 3 });
    expect(podOf({ ...two, hosts: ['a'] }, 11)).toEqual({ host: 'h', rank: 3 });
    expect(podOf({ ...PEER_READ, sizeLocal: 8 }, 3)).toEqual({ host: 'h', rank: 3 });
  });
});
