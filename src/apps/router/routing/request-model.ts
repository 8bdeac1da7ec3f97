import { findMember, readJsonObject, type JsonObject } from '../../../openai/json-object.js';
import { spliceMembers } from '../../../openai/json-splice.js';
import { findModelField } from './multipart-model.js';
import type { ReadBody } from './routed-request.js';

/** `--model-alias`: what clients call a model, and what it is called. */
export type ModelAliases = ReadonlyMap<string, string>;

/** @param words each `ALIAS=MODEL` */
export function modelAliases(words: readonly string[]): ModelAliases {
  return new Map(
    words.map((word) => {
      const [alias = '', ...rest] = word.split('=');
      return [alias, rest.join('=')];
    }),
  );
}

/** @returns the model that a body names, and the body with the model's own name where that was an alias */
export function readModel(
  bytes: Buffer,
  json: JsonObject | undefined,
  contentType: string,
  aliases: ModelAliases,
): ReadBody {
  if (json) return modelInJson(json, aliases);
  const field = contentType === '' ? undefined : findModelField(bytes, contentType);
  const slices = bytes.length === 0 ? [] : [bytes];
  if (!field) return { slices, json, model: undefined };
  const { start, end } = field;
  const named = bytes.toString('utf8', start, end);
  const model = aliases.get(named);
  if (model === undefined) return { slices, json, model: named };
  const before = bytes.subarray(0, start);
  return { slices: [before, Buffer.from(model), bytes.subarray(end)], json, model };
}

function modelInJson(json: JsonObject, aliases: ModelAliases): ReadBody {
  const named = modelOf(json);
  const model = named === undefined ? undefined : aliases.get(named);
  if (model === undefined) return { slices: [json.bytes], json, model: named };
  const edited = spliceMembers(json, new Map([['model', JSON.stringify(model)]]));
  const bytes = Buffer.concat(edited);
  return { slices: [bytes], json: readJsonObject(bytes), model };
}

function modelOf(json: JsonObject): string | undefined {
  const member = findMember(json, 'model');
  if (!member) return undefined;
  try {
    const value: unknown = JSON.parse(
      json.bytes.toString('utf8', member.valueStart, member.valueEnd),
    );
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
