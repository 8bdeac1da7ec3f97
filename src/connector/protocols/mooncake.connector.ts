import { randomInt, randomUUID } from 'node:crypto';
import { port } from '../../config/kinds.js';
import { setting } from '../../config/setting.js';
import { urlHost } from '../../endpoint/ip.js';
import type { Target } from '../../endpoint/target.js';
import { ProxyError } from '../../errors/proxy.error.js';
import { findMember, readNestedObject, type JsonObject } from '../../openai/json-object.js';
import { spliceMembers } from '../../openai/json-splice.js';
import { limitToOneWhole } from '../../openai/prefill-edits.js';
import {
  Connector,
  type ConcurrentPlan,
  type ConnectorRequest,
  type LegPair,
  type PrefillTarget,
} from '../connector.js';
import { defineConnector } from '../connector-definition.js';
import { endedEarly } from '../mooncake/ended-early.js';
import { RANK_FIELD } from '../rank-field.js';
import { EngineIds } from '../mooncake/engine-ids.js';
import type { KnownEngines } from '../mooncake/prefiller-engines.js';

export const mooncake = defineConnector({
  name: 'mooncake',
  settings: {
    'mooncake-bootstrap-port': setting(port(), {
      group: 'Prefill and decode',
      description:
        "Connector mooncake: the port of the bootstrap server in prefillers (vLLM's VLLM_MOONCAKE_BOOTSTRAP_PORT).",
      default: 8998,
      env: ['MOONCAKE_BOOTSTRAP_PORT'],
    }),
  },
  create: ({ mooncakeBootstrapPort }) =>
    new MooncakeConnector(new EngineIds(mooncakeBootstrapPort)),
});

/**
 * vLLM's MooncakeConnector: both engines get the request at once, and the decoder fetches the KV cache that one engine of
 * the prefiller holds under a transfer id. The bootstrap server of the prefiller says what its engines are called.
 */
export class MooncakeConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'mooncake' };
  override readonly ownFields = [RANK_FIELD];

  constructor(private readonly engines: EngineIds) {
    super();
  }

  plan(request: ConnectorRequest): ConcurrentPlan {
    return {
      dispatch: 'concurrent',
      pair: (prefiller) => {
        const known = this.engines.of(prefiller);
        return known instanceof Promise
          ? known.then((answer) => this.pair(request, prefiller, answer))
          : this.pair(request, prefiller, known);
      },
      inVain: (answer) => {
        if (!endedEarly(request.api, answer.body)) return undefined;
        if (wantsOneWhole(request)) return answer;
        return new ProxyError('prefill_ended_early', 'the first token ended the answer');
      },
    };
  }

  override stop(): void {
    this.engines.close();
  }

  private pair(
    { api, body }: ConnectorRequest,
    prefiller: PrefillTarget,
    known: KnownEngines,
  ): LegPair {
    const { rank, id } = known.engines[randomInt(known.engines.length)]!;
    const transfer = `"transfer_id":"xfer-${randomUUID()}"`;
    const edits = limitToOneWhole(api, body);
    edits.set(
      'kv_transfer_params',
      `{"do_remote_prefill":false,"do_remote_decode":true,${transfer}}`,
    );
    const bootstrap = JSON.stringify(`http://${urlHost(known.address)}:${known.port}`);
    const params =
      `{"do_remote_prefill":true,"do_remote_decode":false,${transfer},` +
      `"remote_bootstrap_addr":${bootstrap},"remote_engine_id":${JSON.stringify(id)}}`;
    return {
      prefill: {
        body: spliceMembers(body, edits),
        fields: { [RANK_FIELD]: rank },
        target: pinned(prefiller, known.address),
      },
      decode: { body: spliceMembers(body, new Map([['kv_transfer_params', params]])) },
    };
  }
}

/** Whether what the prefiller answered is what the decoder would have: one answer, not streamed. */
function wantsOneWhole({ api, body }: ConnectorRequest): boolean {
  const container = api === 'generate' ? findMember(body, 'sampling_params') : undefined;
  const params = container ? readNestedObject(body, container) : body;
  return !isSet(body, 'stream', 'false') && !isSet(params, 'n', '1');
}

/** Whether a member says something else than its default does. */
function isSet(object: JsonObject | undefined, name: string, byDefault: string): boolean {
  const member = object && findMember(object, name);
  if (!member) return false;
  const value = object.bytes.toString('latin1', member.valueStart, member.valueEnd);
  return value !== byDefault && value !== 'null';
}

/** A name may have several addresses, each another prefiller: the one whose engine was named gets the prefill. */
function pinned(prefiller: Target, address: string): Target {
  const { kind, addresses } = prefiller;
  if (kind === 'ip' || (addresses?.length === 1 && addresses[0] === address)) return prefiller;
  return { ...prefiller, addresses: [address] };
}
