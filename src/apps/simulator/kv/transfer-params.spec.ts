import { describe, expect, it } from '@jest/globals';
import { GenerationError } from '../engine/engine-error.js';
import { MalformedParams, pullTargetOf } from './transfer-params.js';

const PARAMS = {
  do_remote_prefill: true,
  remote_block_ids: [[1, 2]],
  remote_engine_id: 'engine',
  remote_request_id: 'request',
  remote_host: '10.0.0.1',
  remote_port: 5557,
};

describe(pullTargetOf.name, () => {
  it('reads where to pull what', () => {
    const params = { ...PARAMS, remote_prefill_cached_tokens: 16, unknown: true };
    expect(pullTargetOf(params, 2)).toEqual({
      engineId: 'engine',
      requestId: 'request',
      host: '10.0.0.1',
      port: 5557,
      blockIds: [1, 2],
      cachedTokens: 16,
    });
  });

  it('takes a port as text', () => {
    expect(pullTargetOf({ ...PARAMS, remote_port: '5557' }, 2)?.port).toBe(5557);
  });

  it.each([undefined, {}, { do_remote_prefill: false }, { do_remote_decode: true }])(
    'pulls nothing for %j',
    (params) => {
      expect(pullTargetOf(params, 2)).toBeUndefined();
    },
  );

  it.each([
    ['no block ids', { remote_block_ids: undefined }, 2],
    ['an empty list', { remote_block_ids: [] }, 2],
    ['a flat list', { remote_block_ids: [1, 2] }, 2],
    ['too few blocks', {}, 3],
  ])('dies of %s', (_, wrong, blocks) => {
    const read = (): unknown => pullTargetOf({ ...PARAMS, ...wrong }, blocks);
    expect(read).toThrow(expect.objectContaining({ name: 'MalformedParams', diesAt: 'once' }));
  });

  it.each(['remote_engine_id', 'remote_request_id', 'remote_host', 'remote_port'])(
    'dies of a missing %s when the request is aborted',
    (key) => {
      const params = Object.fromEntries(Object.entries(PARAMS).filter(([name]) => name !== key));
      const read = (): unknown => pullTargetOf(params, 2);
      expect(read).toThrow(MalformedParams);
      expect(read).toThrow(expect.objectContaining({ diesAt: 'abort' }));
    },
  );

  it.each([
    ['host', { remote_host: null }],
    ['port', { remote_port: 0 }],
  ])('fails for a %s that cannot be dialled', (_, wrong) => {
    expect(() => pullTargetOf({ ...PARAMS, ...wrong }, 2)).toThrow(GenerationError);
  });
});
