import { randomUUID } from 'node:crypto';
import { atDialledHost } from '../../endpoint/target.js';
import { spliceMembers } from '../../openai/json-splice.js';
import { limitToOneWhole } from '../../openai/prefill-edits.js';
import type { DecodeLeg } from '../../proxy/exchange.js';
import { Connector, type ConnectorRequest, type SerialPlan } from '../connector.js';
import { defineConnector } from '../connector-definition.js';
import { checkKvPeerPorts, KV_PEER_SETTINGS, KvPeers } from '../kv-peers.js';

export const offloading = defineConnector({
  name: 'offloading',
  settings: KV_PEER_SETTINGS,
  check: checkKvPeerPorts,
  create: ({ p2pConnectorPort }, { config }) =>
    new OffloadingConnector(new KvPeers(p2pConnectorPort, config)),
});

/**
 * vLLM's OffloadingConnector with its P2P tier: the prefiller keeps the prompt's KV under a name, by which the decoder
 * fetches it. The prefill goes first, since the decoder gives up 30 seconds after it has the request.
 */
export class OffloadingConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'offloading' };
  override readonly pulls = true;

  constructor(private readonly peers: KvPeers) {
    super();
  }

  plan({ api, body, kvSource }: ConnectorRequest): SerialPlan {
    const edits = limitToOneWhole(api, body);
    /** Of the attempt under way: no decode is to find what an earlier one left behind. */
    let name = '';
    return {
      dispatch: 'serial',
      prefill: (prefiller) => {
        name = randomUUID();
        const source = this.peers.sourceFor(prefiller, kvSource);
        const pull = source === undefined ? '' : `,"remote_kv_source":${source}`;
        edits.set('kv_transfer_params', `{"remote_decoder":{"kv_request_id":"${name}"}${pull}}`);
        return { body: spliceMembers(body, edits), target: atDialledHost(prefiller) };
      },
      // It holds nothing that is needed, but what is no JSON comes from no engine, and the decoder would wait for its KV.
      readsAnswer: true,
      decode: (_, prefiller) => {
        const params = `{"remote_prefiller":${this.peers.fetchFrom(prefiller, name)}}`;
        const edits = new Map([['kv_transfer_params', params]]);
        return { leg: { body: spliceMembers(body, edits) }, withoutKvParams: false };
      },
    };
  }

  override decodeOnly({ body, kvSource }: ConnectorRequest): DecodeLeg | undefined {
    return kvSource && this.peers.pullingDecode(body, kvSource);
  }
}
