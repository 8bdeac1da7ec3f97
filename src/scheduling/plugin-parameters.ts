import * as z from 'zod';

/** A parameter of a plugin, for people. */
export interface Parameter {
  /** With those that it stands in, parted by dots; `[]` is each element of a list. */
  readonly name: string;
  /** What may be given, in a word or a list of words. */
  readonly value: string;
  /** Whether it must be given: always, or when the object that it stands in is. */
  readonly need: 'always' | 'with the others' | undefined;
  /** As JSON; undefined where there is none. */
  readonly byDefault: string | undefined;
  readonly meaning: string;
}

/** As much of JSON Schema as zod makes of parameters. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** What a list is of. */
  readonly items?: Schema;
}

/** What a parameter stands in. */
interface Place {
  /** What its members' names begin with. */
  readonly path: string;
  /** What its members are where it is not given. */
  readonly values: Readonly<Record<string, unknown>>;
  /** It may be left out, and its members with it. */
  readonly isOptional: boolean;
}

const TOP: Place = { path: '', values: {}, isOptional: false };

/** @returns all parameters that a schema knows, those of objects behind the object, in the order of the schema */
export function parametersOf(parameters: z.ZodType): readonly Parameter[] {
  return inside(z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' }) as Schema, TOP);
}

function inside({ properties = {}, required = [] }: Schema, place: Place): Parameter[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = place.path + key;
    const byDefault = key in place.values ? place.values[key] : schema.default;
    const isOptional = place.isOptional || !required.includes(key);
    const values = typeof byDefault === 'object' ? { ...byDefault } : {};
    const inner = inside(schema, { path: `${name}.`, values, isOptional });
    // Of an object that says nothing itself its members are enough.
    if (inner.length > 0 && schema.description === undefined) return inner;
    const isNeeded = required.includes(key) && byDefault === undefined;
    const need = isNeeded ? (place.isOptional ? 'with the others' : 'always') : undefined;
    const each = { path: `${name}[].`, values: {}, isOptional: true };
    const elements = schema.items ? inside(schema.items, each) : [];
    return [{ name, need, ...valueAndMeaning(schema, byDefault) }, ...inner, ...elements];
  });
}

function valueAndMeaning(
  schema: Schema,
  byDefault: unknown,
): Pick<Parameter, 'value' | 'byDefault' | 'meaning'> {
  const isShown = byDefault !== undefined && byDefault !== '' && !schema.properties;
  return {
    value: valueOf(schema),
    byDefault: isShown ? textOf(byDefault) : undefined,
    meaning: schema.description ?? '',
  };
}

function valueOf({ type, enum: choices, const: only, ...rest }: Schema): string {
  const values = choices ?? (only === undefined ? undefined : [only]);
  if (values) return values.map((value) => `\`${textOf(value)}\``).join(', ');
  if (type === 'array') return 'list';
  if (type !== 'number' && type !== 'integer') return type ?? '–';
  return [type, ...rangeOf(rest)].join(', ');
}

/** zod says of integers that they are safe ones, which goes without saying. */
function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string[] {
  if (exclusiveMinimum !== undefined) return [`above ${exclusiveMinimum}`];
  const hasLeast = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER;
  const hasMost = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (hasLeast && hasMost) return [`${minimum} to ${maximum}`];
  if (hasLeast) return [`at least ${minimum}`];
  return hasMost ? [`at most ${maximum}`] : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
