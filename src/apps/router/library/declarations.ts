import * as z from 'zod';
import { camelCase, type Setting, type SettingsTable } from '../../../config/setting.js';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/**
 * The types of the library, for people who write TypeScript: one member a setting, with what `--help` says of it.
 *
 * @param handle the declarations of what `startRouter` returns
 */
export function libraryDeclarations(table: SettingsTable, handle: string): string {
  const members = Object.entries(table.settings).map(([key, setting]) => member(key, setting));
  return `${handle}
/** What a router can be told: the flags of \`tandem ${table.program}\` in camel case, with the values of a configuration file. */
export interface RouterOptions {
  /** A YAML file of settings, which is followed; the options here win over it. */
  readonly config?: string | undefined;
${members.join('\n')}
}

/** A mistake in the options; its message is one line and names the option. */
export declare class ConfigError extends Error {
  readonly code: 'ERR_CONFIG';
  /** The option, or the key of the file, and its line there. */
  readonly at: { readonly key?: string; readonly line?: number };
}

/**
 * Starts a router in this process. It installs no signal handlers, and logs to stderr unless \`log\` is false.
 *
 * @throws ConfigError when an option is wrong, or a port cannot be had
 */
export declare function startRouter(
  options?: RouterOptions,
  how?: { readonly log?: boolean },
): Promise<RouterHandle>;

/** The same as a class: made first, started later. */
export declare class Router {
  constructor(options?: RouterOptions, how?: { readonly log?: boolean });
  /** @throws ConfigError */
  start(): Promise<RouterHandle>;
  /** Of a router that was started; does nothing else. */
  drain(): Promise<boolean>;
  close(): Promise<void>;
}
`;
}

function member(key: string, { kind, description, default: fallback }: Setting<unknown>): string {
  const schema = z.toJSONSchema(kind.schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const known = fallback === undefined ? '' : ` Default: ${JSON.stringify(fallback)}.`;
  const comment = `${description}${known}`.replaceAll('*/', '* /');
  return `  /** ${comment} */\n  readonly ${camelCase(key)}?: ${typeOf(schema)} | undefined;`;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return `readonly (${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return objectType(schema);
    default:
      return 'unknown';
  }
}

function objectType({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, property]) => {
    const isNeeded = required.includes(name);
    return `${camelCase(name)}${isNeeded ? '' : '?'}: ${typeOf(property)}${isNeeded ? '' : ' | undefined'}`;
  });
  return `{ ${members.join('; ')} }`;
}
