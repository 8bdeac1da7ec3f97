import * as z from 'zod';
import { findMember, type JsonObject } from '../../openai/json-object.js';
import type { BodyMistake, RequestParser } from '../parser-table.js';
import { definePlugin, type PluginDefinition } from '../plugin-definition.js';

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;

/** What a parser of JSON bodies insists on. */
export interface JsonApi {
  readonly type: string;
  readonly summary: string;
  /** Ends of paths, without a leading slash. */
  readonly paths: readonly string[];
  /** Paths among them whose bodies need `messages`. */
  readonly chats?: readonly string[];
  /** Paths among them whose bodies need not name a model. */
  readonly modelless?: readonly string[];
}

class JsonParser implements RequestParser {
  readonly readsBody = true;
  readonly paths: readonly string[];

  constructor(private readonly api: JsonApi) {
    this.paths = api.paths;
  }

  mistakeIn(path: string, body: JsonObject): BodyMistake | undefined {
    const model = findMember(body, 'model');
    if (model === undefined) {
      if (!endsWithOne(path, this.api.modelless))
        return mistake("missing 'model' in request body", 'model');
    } else if (body.bytes[model.valueStart] !== QUOTE || model.valueEnd - model.valueStart === 2) {
      return mistake("'model' must be a string that is not empty", 'model');
    }
    if (!endsWithOne(path, this.api.chats)) return undefined;
    const messages = findMember(body, 'messages');
    if (messages === undefined) return mistake("missing 'messages' in request body", 'messages');
    if (body.bytes[messages.valueStart] === OPEN_BRACKET) return undefined;
    return mistake("'messages' must be a list", 'messages');
  }
}

function endsWithOne(path: string, ends: readonly string[] = []): boolean {
  for (const end of ends) if (path.endsWith(`/${end}`)) return true;
  return false;
}

function mistake(what: string, param: string): BodyMistake {
  return { message: `Invalid request: ${what}.`, param };
}

/** @returns a plugin for an API whose bodies are JSON */
export function defineJsonParser(api: JsonApi): PluginDefinition {
  return definePlugin({
    type: api.type,
    kinds: ['parser'],
    summary: api.summary,
    parameters: z.strictObject({}),
    create: () => new JsonParser(api),
  });
}
