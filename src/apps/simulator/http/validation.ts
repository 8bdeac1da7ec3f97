import { ApiError } from './api-error.js';

/** How vLLM's pydantic models read a member. `null` counts as left out, except for required ones. */
export type FieldType = 'integer' | 'number' | 'boolean' | 'string' | 'object' | 'array' | 'any';

/** The members of a body that are looked at. */
export interface Shape {
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly required: readonly string[];
}

export type JsonBody = Readonly<Record<string, unknown>>;

interface Finding {
  readonly type: string;
  readonly loc: string;
  readonly msg: string;
  readonly input: string;
  readonly ctx?: string;
}

/**
 * Checks a parsed body as pydantic does.
 *
 * @param prefix where the object stands: `body`
 * @returns its members, with text that spells a number or a truth value converted
 * @throws ApiError 400 that lists every finding
 */
export function validate(value: unknown, shape: Shape, prefix = 'body'): JsonBody {
  if (value === null || value === undefined) refuse([missing(prefix, 'None')]);
  if (typeof value !== 'object' || Array.isArray(value)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    refuse([{ type: 'model_attributes_type', loc: prefix, msg, input: inputText(value) }]);
  }
  const body = value as Record<string, unknown>;
  const findings: Finding[] = [];
  const read: Record<string, unknown> = { ...body };
  for (const [name, type] of Object.entries(shape.fields)) {
    const loc = `${prefix}.${name}`;
    const required = shape.required.includes(name);
    if (!(name in body)) {
      if (required) findings.push(missing(loc, inputText(body)));
    } else if (body[name] !== null || required) {
      const result = READERS[type](body[name]);
      if (result.finding) {
        const { type: kind, msg } = result.finding;
        findings.push({ type: kind, loc, msg, input: inputText(body[name]) });
      } else read[name] = result.value;
    }
  }
  if (findings.length > 0) refuse(findings);
  return read;
}

/** An error of one finding, for checks that look inside a member. */
export function finding(type: string, loc: string, msg: string, input: unknown): ApiError {
  return ApiError.validation([repr({ type, loc, msg, input: inputText(input) })], loc);
}

/** The same with a context, which is Python's repr of a dictionary. */
export function findingIn(ctx: string, what: Omit<Finding, 'ctx'>): ApiError {
  return ApiError.validation([repr({ ...what, ctx })], what.loc);
}

function missing(loc: string, input: string): Finding {
  return { type: 'missing', loc, msg: 'Field required', input };
}

function refuse(findings: readonly Finding[]): never {
  throw ApiError.validation(findings.map(repr), findings[0]?.loc ?? null);
}

interface Reading {
  readonly value?: unknown;
  readonly finding?: { readonly type: string; readonly msg: string };
}

const no = (type: string, msg: string): Reading => ({
  finding: { type, msg: `Input should be a valid ${msg}` },
});

const READERS: Readonly<Record<FieldType, (value: unknown) => Reading>> = {
  any: (value) => ({ value }),
  string: (value) => (typeof value === 'string' ? { value } : no('string_type', 'string')),
  object: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { value }
      : no('dict_type', 'dictionary'),
  array: (value) => (Array.isArray(value) ? { value } : no('list_type', 'list')),
  boolean: readBoolean,
  integer: readInteger,
  number: readNumber,
};

function readBoolean(value: unknown): Reading {
  if (typeof value === 'boolean') return { value };
  const text = String(value).toLowerCase();
  if (typeof value !== 'string' && typeof value !== 'number') return no('bool_type', 'boolean');
  if (['1', 'true', 't', 'yes', 'y', 'on'].includes(text)) return { value: true };
  if (['0', 'false', 'f', 'no', 'n', 'off'].includes(text)) return { value: false };
  return no('bool_parsing', 'boolean, unable to interpret input');
}

function readInteger(value: unknown): Reading {
  if (typeof value === 'string') {
    if (/^\s*[+-]?\d+\s*$/.test(value)) return { value: Number(value) };
    return no('int_parsing', 'integer, unable to parse string as an integer');
  }
  if (typeof value === 'boolean') return { value: Number(value) };
  if (typeof value !== 'number') return no('int_type', 'integer');
  if (Number.isInteger(value)) return { value };
  return no('int_from_float', 'integer, got a number with a fractional part');
}

function readNumber(value: unknown): Reading {
  if (typeof value === 'number') return { value };
  if (typeof value === 'boolean') return { value: Number(value) };
  if (typeof value !== 'string') return no('float_type', 'number');
  const number = Number(value);
  if (value.trim() !== '' && !Number.isNaN(number)) return { value: number };
  return no('float_parsing', 'number, unable to parse string as a number');
}

/** vLLM does not repeat containers, and cuts long text. */
function inputText(value: unknown): string {
  if (Array.isArray(value)) return `<list of ${value.length} items>`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'object') return `<dict of ${Object.keys(value).length} items>`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  const text = String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...[truncated]` : text;
}

/** Python's repr of a dictionary of strings; `ctx` is one already. */
function repr({ ctx, ...texts }: Finding): string {
  const pairs = Object.entries(texts).map(([key, text]) => `'${key}': ${reprText(text)}`);
  if (ctx !== undefined) pairs.push(`'ctx': ${ctx}`);
  return `{${pairs.join(', ')}}`;
}

export function reprText(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  if (escaped.includes("'") && !escaped.includes('"')) return `"${escaped}"`;
  return `'${escaped.replaceAll("'", "\\'")}'`;
}
