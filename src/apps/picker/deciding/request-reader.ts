import type { ProxiedRequest, Refusal } from '../../../ext-proc/decider.js';
import { JsonSyntaxError, readJsonObject, type JsonObject } from '../../../openai/json-object.js';
import { valueOf } from '../../../openai/json-value.js';
import type { ParserTable } from '../../../scheduling/parser-table.js';
import { refusal } from './refusals.js';

/** What is known of a request before anything is decided. */
export interface ReadRequest {
  readonly kind: 'read';
  /** Without its query. */
  readonly path: string;
  /** Undefined where there is none, where it is not shown, and where its path has no parser that reads it. */
  readonly body: JsonObject | undefined;
  /** '' where the request names none. */
  readonly model: string;
}

/** Where a path is looked for: some proxies rewrite `:path` before they ask. */
const PATHS = [':path', 'x-original-path', 'x-forwarded-path'] as const;
/** Of a proxy that shows no path at all. */
const NO_PATH = '/v1/completions';

/** Reads the body, where its path has a parser for it. @returns a refusal for a body that no model server takes */
export function readRequest(request: ProxiedRequest, parsers: ParserTable): ReadRequest | Refusal {
  const path = pathOf(request);
  if (request.body === undefined) return { kind: 'read', path, body: undefined, model: '' };
  const parser = parsers.parserFor(path);
  if (!parser) return refusal(400, `There is no parser for ${path}: see requestHandler.parsers.`);
  if (!parser.readsBody) return { kind: 'read', path, body: undefined, model: '' };
  const body = objectIn(request.body);
  if (typeof body === 'string') {
    // Half a body says as much as none: it is for the model server to read.
    return request.mayBeCut
      ? { kind: 'read', path, body: undefined, model: '' }
      : refusal(400, body);
  }
  const mistake = parser.mistakeIn(path, body);
  if (mistake) return refusal(400, mistake.message, undefined, mistake.param);
  const model = valueOf(body, 'model');
  return { kind: 'read', path, body, model: typeof model === 'string' ? model : '' };
}

function pathOf({ headers }: ProxiedRequest): string {
  for (const name of PATHS) {
    const path = headers.get(name);
    if (path === undefined || path === '') continue;
    const query = path.indexOf('?');
    return query < 0 ? path : path.slice(0, query);
  }
  return NO_PATH;
}

/** @returns a sentence where it is none */
function objectIn(bytes: Buffer): JsonObject | string {
  try {
    return readJsonObject(bytes);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return `Invalid JSON in request body: ${error.message} at byte ${error.offset}.`;
  }
}
