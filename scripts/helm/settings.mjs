import * as z from 'zod';
import { fileSchema } from '../../dist/config/json-schema.js';

/**
 * The settings of a program as values: by their names, each as its configuration file takes it, or null for its default.
 *
 * @param table of the program, from dist
 * @param options.isOpen other names pass the schema: the chart refuses them itself, and says more than helm would
 * @param options.moved names that pass the schema likewise, and are refused by tandem.refuseMoved
 */
export function settingsOf(table, { isOpen = false, moved = [] } = {}) {
  const { properties } = fileSchema(table);
  const current = Object.entries(properties).filter(([, { deprecated }]) => !deprecated);
  const described = current.map(([key, setting]) => [key, asValue(setting)]);
  const older = moved.map((key) => [key, { deprecated: true }]);
  const names = Object.fromEntries([...described, ...older]);
  return z.unknown().meta({ 'x-settings': { properties: names, isOpen } });
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
