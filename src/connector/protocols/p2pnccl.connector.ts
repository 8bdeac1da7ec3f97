import { randomBytes } from 'node:crypto';
import { ProxyError } from '../../errors/proxy.error.js';
import { spliceMembers } from '../../openai/json-splice.js';
import { limitToOneToken } from '../../openai/prefill-edits.js';
import { defineConnector } from '../connector-definition.js';
import {
  Connector,
  type ConnectorRequest,
  type EngineTarget,
  type SerialPlan,
} from '../connector.js';

export const p2pnccl = defineConnector({
  name: 'p2pnccl',
  settings: {},
  create: () => new P2pNcclConnector(),
});

/**
 * vLLM's P2pNcclConnector: the engines know each other by the id of the request alone, which holds the ZeroMQ addresses
 * of both. The prefiller sends the KV cache to the decoder that it names.
 *
 * @see https://docs.vllm.ai/en/v0.11.0/design/p2p_nccl_connector.html
 */
export class P2pNcclConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'p2pnccl' };
  override readonly namesDecoder = true;

  plan({ api, body, decoder }: ConnectorRequest): SerialPlan {
    const limited = limitToOneToken(api, body).set('kv_transfer_params', undefined);
    const prefill = spliceMembers(body, limited);
    const decode = spliceMembers(body, new Map([['kv_transfer_params', undefined]]));
    let requestId = '';
    return {
      dispatch: 'serial',
      prefill: (prefiller) => {
        const random = randomBytes(16).toString('hex');
        requestId = `___prefill_addr_${zmqOf(prefiller)}___decode_addr_${zmqOf(decoder)}_${random}`;
        return { body: prefill, requestId };
      },
      readsAnswer: false,
      kv: 'for-one',
      decode: () => ({ leg: { body: decode, requestId }, withoutKvParams: false }),
    };
  }
}

/** @throws ProxyError no_zmq_address */
function zmqOf(engine: EngineTarget | undefined): string {
  if (engine?.zmqAddress !== undefined) return engine.zmqAddress;
  throw new ProxyError('no_zmq_address', `${engine?.label ?? 'the decoder'} has none`);
}
