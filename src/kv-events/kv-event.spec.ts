import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from '@jest/globals';
import { decodeBatch, KvEventError, type KvEvent } from './kv-event.js';

const eventsIn = (...events: readonly unknown[]): readonly KvEvent[] =>
  decodeBatch(encode([1.5, events, 0], { useBigInt64: true })).events;

const SHA = Uint8Array.from({ length: 32 }, (_, i) => i);
/** What names a block of this SHA-256: its first 64 bits, of which 53 count. */
const NAME = 0x01_0203 * 2 ** 32 + 0x0405_0607;

describe(decodeBatch.name, () => {
  it('reads events of vLLM 0.23 and later, whose members have names', () => {
    const [stored, removed, cleared] = eventsIn(
      {
        type: 'BlockStored',
        block_hashes: [SHA],
        parent_block_hash: null,
        token_ids: [1, 2],
        block_size: 2,
        lora_id: 1,
        medium: 'GPU',
        lora_name: 'sql',
        extra_keys: [['sql', ['image', 0], 'salt']],
        group_idx: 3,
        kv_cache_spec_kind: 'full_attention',
        session_id: 'one that is to come',
      },
      { type: 'BlockRemoved', block_hashes: [SHA], medium: 'CPU', locality: 'REMOTE' },
      { type: 'AllBlocksCleared' },
    );
    expect(stored).toEqual({
      type: 'BlockStored',
      hashes: [NAME],
      parent: undefined,
      tokens: [1, 2],
      blockSize: 2,
      lora: 'sql',
      extras: [[['image', 0], 'salt']],
      place: { medium: 'GPU', isRemote: false, group: 3 },
      kind: 'full_attention',
    });
    const place = { medium: 'CPU', isRemote: true, group: undefined };
    expect(removed).toEqual({ type: 'BlockRemoved', hashes: [NAME], place });
    expect(cleared).toEqual({ type: 'AllBlocksCleared' });
  });

  it('reads events of older versions, which are arrays of more members or fewer', () => {
    const [oldest, named, removed, cleared] = eventsIn(
      ['BlockStored', [7n, 2n ** 64n - 1n], 6n, [1, 2, 3, 4], 2, null],
      ['BlockStored', [8], null, [1, 2], 2, 5, 'GPU', 'sql'],
      ['BlockRemoved', [7n]],
      ['AllBlocksCleared'],
    );
    const gpu = { medium: undefined, isRemote: false, group: undefined };
    expect(oldest).toMatchObject({
      hashes: [7, 2 ** 53 - 1],
      parent: 6,
      tokens: [1, 2, 3, 4],
      lora: '',
      extras: [],
      place: gpu,
    });
    expect(named).toMatchObject({ lora: 'sql', place: { ...gpu, medium: 'GPU' } });
    expect(removed).toEqual({ type: 'BlockRemoved', hashes: [7], place: gpu });
    expect(cleared).toEqual({ type: 'AllBlocksCleared' });
  });

  it('keeps the blocks of an adapter apart of which only the number is known', () => {
    const [stored] = eventsIn(['BlockStored', [7], null, [1, 2], 2, 5]);
    expect(stored).toMatchObject({ lora: '\0lora 5' });
  });

  it('names a block the same, however its number is written', () => {
    const names = [-5, -5n, 7, 7n].map((hash) => eventsIn(['BlockRemoved', [hash]])[0]);
    expect(names[2]).toEqual(names[3]);
    expect(names[0]).not.toEqual(names[2]);
  });

  it('leaves out events that it does not know', () => {
    expect(eventsIn({ type: 'BlockMoved' }, ['BlockMoved', 1], ['constructor'], {})).toEqual([]);
  });

  it.each([
    null,
    [],
    [1],
    ['now', []],
    [1, {}],
    [1, [null]],
    [1, ['BlockStored']],
    [1, [{ type: 'BlockStored' }]],
    [1, [{ type: 'BlockRemoved', block_hashes: ['a'] }]],
    [1, [{ type: 'BlockRemoved', block_hashes: [1.5] }]],
    [1, [{ type: 'BlockRemoved', block_hashes: [SHA.subarray(0, 4)] }]],
  ])('refuses %j', (batch) => {
    expect(() => decodeBatch(encode(batch))).toThrow(KvEventError);
  });

  it('refuses what is no MessagePack, and what is cut off', () => {
    const whole = encode([1, [{ type: 'AllBlocksCleared' }], 0]);
    for (let end = 0; end < whole.length; end++) {
      expect(() => decodeBatch(whole.subarray(0, end))).toThrow(KvEventError);
    }
    expect(() => decodeBatch(Buffer.from('c1', 'hex'))).toThrow(KvEventError);
    // An array of four billion members that are not there.
    expect(() => decodeBatch(Buffer.from('ddffffffff', 'hex'))).toThrow(KvEventError);
  });
});
