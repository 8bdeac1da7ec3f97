import * as z from 'zod';
import { FILE_SETTINGS } from './file-settings.js';
import type { Kind } from './kinds.js';
import type { Setting, SettingsTable } from './setting.js';

/**
 * JSON Schema (2020-12) of a program's configuration file, of the form that people should write:
 * numbers as numbers, lists as lists. The program takes text in their place too.
 */
export function fileSchema(table: SettingsTable): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table.settings)) {
    properties[key] = property(setting.kind, setting);
    for (const alias of setting.aliases ?? []) {
      const { name, kind } = typeof alias === 'string' ? { name: alias } : alias;
      const described = { description: `Older name of ${key}.`, deprecated: true };
      properties[name] = { ...property(kind ?? setting.kind), ...described };
    }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Configuration file of tandem ${table.program}`,
    description: `Read by --${Object.keys(FILE_SETTINGS)[0]}. Generated from the program's settings.`,
    type: 'object',
    additionalProperties: false,
    properties,
  };
}

function property(kind: Kind<unknown>, setting?: Setting<unknown>): Record<string, unknown> {
  const schema = z.toJSONSchema(kind.schema, {
    io: 'input',
    override: ({ jsonSchema }) => dropImpliedRange(jsonSchema),
  });
  delete schema.$schema;
  if (!setting) return schema;
  return {
    ...schema,
    description: setting.description,
    ...(setting.default === undefined ? {} : { default: setting.default }),
  };
}

/** zod spells out the range of safe integers, which nobody means. */
function dropImpliedRange(schema: { minimum?: number; maximum?: number }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
