import * as z from 'zod';
import { fileSchema } from '../../dist/config/json-schema.js';

/**
 * The settings of a program as values: by their names, each as its configuration file takes it, or null for its default.
 *
 * @param table of the program, from dist
 */
export function settingsOf(table) {
  const { properties } = fileSchema(table);
  const current = Object.entries(properties).filter(([, { deprecated }]) => !deprecated);
  return z.unknown().meta({
    'x-settings': Object.fromEntries(current.map(([key, setting]) => [key, asValue(setting)])),
  });
}

function asValue({ description, default: standard, ...type }) {
  const says =
    standard === undefined ? description : `${description} Default: ${JSON.stringify(standard)}`;
  return { description: says, ...orNull(type) };
}

/** Null takes a value of values.yaml away. Said without anyOf where possible, as helm then says what is wrong. */
function orNull(type) {
  if (type.anyOf) return { anyOf: [...type.anyOf, { type: 'null' }] };
  if (type.enum) return { enum: [...type.enum, null] };
  return { ...type, type: [type.type, 'null'] };
}
