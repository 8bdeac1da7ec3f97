/**
 * Helm takes away what someone sets to null. A value that may be empty may be away too, and means the same. The others
 * are required, so that helm names them, and no template stumbles over what is not there.
 *
 * @param schema JSON Schema of values, as zod makes it; members that may be away are taken from its `required`
 */
export function requireWhatCannotBeEmpty(schema) {
  const { properties = {}, required = [] } = schema;
  schema.required = required.filter((key) => !mayBeEmpty(properties[key]));
  if (schema.required.length === 0) delete schema.required;
  for (const value of Object.values(properties)) requireWhatCannotBeEmpty(value);
}

const EMPTY = {
  any: () => true,
  null: () => true,
  string: ({ minLength, pattern = '' }) => !minLength && new RegExp(pattern).test(''),
  array: ({ minItems }) => !minItems,
  object: ({ required }) => !required,
};

function mayBeEmpty({ anyOf, type = 'any', ...schema }) {
  if (anyOf) return anyOf.some(mayBeEmpty);
  if (schema.enum) return schema.enum.includes('') || schema.enum.includes(null);
  return [type].flat().some((one) => EMPTY[one]?.(schema));
}
