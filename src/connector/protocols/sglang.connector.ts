import { randomBytes } from 'node:crypto';
import { atDialledHost, dialledHost } from '../../endpoint/target.js';
import { spliceMembers, type MemberEdit } from '../../openai/json-splice.js';
import { limitToOneToken } from '../../openai/prefill-edits.js';
import { port } from '../../config/kinds.js';
import { setting } from '../../config/setting.js';
import { Connector, type ConcurrentPlan, type ConnectorRequest } from '../connector.js';
import { defineConnector } from '../connector-definition.js';

const INDIVISIBLE = 'a decoder of SGLang takes no request without a prefill';

export const sglang = defineConnector({
  name: 'sglang',
  indivisible: INDIVISIBLE,
  settings: {
    'sglang-bootstrap-port': setting(port(), {
      group: 'Prefill and decode',
      description:
        "Connector sglang: the port of the bootstrap server in prefillers (SGLang's --disaggregation-bootstrap-port).",
      default: 8998,
      env: ['SGLANG_BOOTSTRAP_PORT'],
    }),
  },
  create: ({ sglangBootstrapPort }) => new SglangConnector(sglangBootstrapPort),
});

/** SGLang keeps rooms in signed 64-bit integers, and adds the index of a prompt in a batch. */
const LOWEST_ROOM = 1n << 62n;
const ROOM_BITS = 61;

/**
 * SGLang: both engines get the request at once and meet in a room of the prefiller's bootstrap server, where the
 * decoder asks for the KV cache. The prefill computes the prompt and one token; the decode is the client's request.
 */
export class SglangConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'sglang' };
  /** @param port of the bootstrap servers of prefillers that have none of their own */
  constructor(private readonly port: number) {
    super();
  }

  plan({ api, body }: ConnectorRequest): ConcurrentPlan {
    const limits = limitToOneToken(api, body);
    return {
      dispatch: 'concurrent',
      pair: (prefiller) => {
        const meeting: [string, MemberEdit][] = [
          // The address that was checked: the decoder would resolve a name anew.
          ['bootstrap_host', JSON.stringify(dialledHost(prefiller))],
          ['bootstrap_port', String(prefiller.bootstrapPort ?? this.port)],
          ['bootstrap_room', newRoom()],
          // Clients choose connectors, too: an engine of vLLM would follow it anywhere.
          ['kv_transfer_params', undefined],
        ];
        return {
          prefill: {
            body: spliceMembers(body, new Map([...limits, ...meeting])),
            target: atDialledHost(prefiller),
          },
          decode: {
            body: spliceMembers(body, new Map(meeting)),
            indivisible: INDIVISIBLE,
          },
        };
      },
    };
  }
}

/** Digits of a number that no other pair has, here or in another sidecar; it has no exact float. */
function newRoom(): string {
  const random = randomBytes(8).readBigUInt64BE() & ((1n << BigInt(ROOM_BITS)) - 1n);
  return String(LOWEST_ROOM | random);
}
