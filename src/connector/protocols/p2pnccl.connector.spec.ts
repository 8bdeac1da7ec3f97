import { describe, expect, it } from '@jest/globals';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { addressTarget } from '../../endpoint/target.js';
import type { Leg } from '../../proxy/exchange.js';
import type { EngineTarget, PrefillTarget } from '../connector.js';
import { P2pNcclConnector } from './p2pnccl.connector.js';

const PREFILLER: PrefillTarget = {
  ...addressTarget('10.0.0.1', 8000),
  zmqAddress: '10.0.0.1:21001',
};
const DECODER: EngineTarget = { ...addressTarget('10.0.0.2', 8000), zmqAddress: '10.0.0.2:22001' };

function legs(body: string, decoder: EngineTarget | undefined = DECODER) {
  const plan = new P2pNcclConnector().plan(connectorRequest(body, 'completions', { decoder }));
  const prefill = (plan.prefill as (target: PrefillTarget) => Leg)(PREFILLER);
  return { prefill, decode: plan.decode(undefined, PREFILLER).leg };
}

describe(P2pNcclConnector.name, () => {
  it('names both engines in the id of both legs', () => {
    const { prefill, decode } = legs('{"max_tokens":9,"kv_transfer_params":{"remote_host":"x"}}');
    expect(prefill.requestId).toMatch(
      /^___prefill_addr_10\.0\.0\.1:21001___decode_addr_10\.0\.0\.2:22001_[0-9a-f]{32}$/,
    );
    expect(decode.requestId).toBe(prefill.requestId);
    expect([textOf(prefill), textOf(decode)]).toEqual(['{"max_tokens":1}', '{"max_tokens":9}']);
  });

  it('makes another id for each prefill', () => {
    expect(legs('{}').prefill.requestId).not.toBe(legs('{}').prefill.requestId);
  });

  it('can do nothing with an engine whose address is not known', () => {
    const { zmqAddress: _, ...unknown } = DECODER;
    expect(() => legs('{}', unknown)).toThrow('10.0.0.2:8000 has none');
  });
});
