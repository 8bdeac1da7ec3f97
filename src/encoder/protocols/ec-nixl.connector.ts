import { findMember, readNestedObject, type JsonObject } from '../../openai/json-object.js';
import { valueOf } from '../../openai/json-value.js';
import type { EcConnector } from '../ec-connector.js';

const PARAMS = 'ec_transfer_params';

/**
 * vLLM's ECCPUConnector with NIXL: an encoder tells where it keeps an embedding, by the hash of its item, and the engines
 * that follow fetch it from there. They get what all encoders told in one object, each value as it was spelled.
 */
export const ecNixl: EcConnector = {
  name: 'ec-nixl',
  readsAnswers: true,
  read: (answers) => {
    const members = new Map<string, string>();
    const silent: number[] = [];
    for (const [position, answer] of answers.entries()) {
      const told = paramsOf(answer);
      if (!told) silent.push(position);
      // Of a hash that two encoders tell of, the later one counts.
      for (const { name, start, valueEnd } of told?.members ?? []) {
        members.set(name, answer.bytes.toString('utf8', start, valueEnd));
      }
    }
    // A client's own would have an engine fetch from wherever it says.
    const merged = members.size > 0 ? `{${[...members.values()].join(',')}}` : undefined;
    return { edits: new Map([[PARAMS, merged]]), silent };
  },
};

/** @returns undefined when there are none, or they are no object that an engine could read */
function paramsOf(answer: JsonObject): JsonObject | undefined {
  // Of strings the scan of an answer checks nothing but their ends.
  if (valueOf(answer, PARAMS) === undefined) return undefined;
  const member = findMember(answer, PARAMS);
  const params = member && readNestedObject(answer, member);
  return params && params.members.length > 0 ? params : undefined;
}
