import { spliceMembers } from '../../openai/json-splice.js';
import { limitToOneToken } from '../../openai/prefill-edits.js';
import { defineConnector } from '../connector-definition.js';
import { Connector, type ConnectorRequest, type SerialPlan } from '../connector.js';

export const lmcache = defineConnector({
  name: 'lmcache',
  settings: {},
  replacedBy: 'nixlv2',
  create: () => new LmcacheConnector(),
});

/**
 * LMCache: the cache is handed over through storage that both engines share, so bodies carry no
 * parameters. The decoder gets the request as the client sent it.
 */
export class LmcacheConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'lmcache' };

  plan({ api, body }: ConnectorRequest): SerialPlan {
    const edits = limitToOneToken(api, body);
    edits.set('kv_transfer_params', undefined);
    return {
      dispatch: 'serial',
      prefill: { body: spliceMembers(body, edits) },
      readsAnswer: false,
      kv: 'stored',
      decode: () => ({
        withoutKvParams: false,
        leg: { body: spliceMembers(body, new Map([['kv_transfer_params', undefined]])) },
      }),
    };
  }
}
