import { findMember, type JsonObject } from '../../openai/json-object.js';
import { spliceMembers, type MemberEdit } from '../../openai/json-splice.js';
import { limitToOneWhole } from '../../openai/prefill-edits.js';
import { defineConnector } from '../connector-definition.js';
import { Connector, type ConnectorRequest, type SerialPlan } from '../connector.js';

export const nixl = defineConnector({
  name: 'nixl',
  settings: {},
  replacedBy: 'nixlv2',
  create: () => new NixlConnector(),
});

/** Members of the prefiller's answer that go to the decoder. */
const HANDED_OVER = ['remote_block_ids', 'remote_engine_id', 'remote_host', 'remote_port'] as const;

/** The first NIXL protocol: its parameters stand at the top level of bodies and answers. */
export class NixlConnector extends Connector {
  readonly prefillHeaders = { 'x-kv-connector': 'nixl', 'x-nixl-version': '1' };

  plan({ api, body }: ConnectorRequest): SerialPlan {
    const edits = limitToOneWhole(api, body);
    edits.set('kv_transfer_params', undefined);
    for (const name of [...HANDED_OVER, 'do_remote_prefill']) edits.set(name, undefined);
    edits.set('do_remote_decode', 'true');
    return {
      dispatch: 'serial',
      prefill: { body: spliceMembers(body, edits) },
      readsAnswer: true,
      decode: (answer) => {
        const handed = handedOver(answer);
        const missing = HANDED_OVER.filter((name) => handed.get(name) === 'null');
        const decodeEdits = new Map<string, MemberEdit>(handed);
        decodeEdits.set('do_remote_prefill', 'true');
        decodeEdits.set('do_remote_decode', undefined);
        decodeEdits.set('kv_transfer_params', undefined);
        return {
          withoutKvParams: missing.length > 0,
          ...(missing.length > 0 && { missing: missing.join(', ') }),
          leg: {
            body: spliceMembers(body, decodeEdits),
            once: [...HANDED_OVER, 'do_remote_prefill'],
          },
        };
      },
    };
  }
}

function handedOver(answer: JsonObject | undefined): Map<string, string | Buffer> {
  return new Map(
    HANDED_OVER.map((name) => {
      const member = answer && findMember(answer, name);
      return [name, member ? answer.bytes.subarray(member.valueStart, member.valueEnd) : 'null'];
    }),
  );
}
