import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ConfigError, quote, reasonOf } from '../../../config/config-error.js';
import type { Route } from './route-table.js';

const FLAG = '--route-config';

const text = z.string().min(1);
const entry = z.strictObject({ name: text, model: text, path_prefix: text.startsWith('/') });

/**
 * Reads `routes.json`: `[{"name": …, "model": …, "path_prefix": …}]`.
 *
 * @throws ConfigError of one line that names the file and what is wrong in it
 */
export function readRouteFile(path: string): Route[] {
  const wrong = (what: string): ConfigError => new ConfigError(`${FLAG}=${path}: ${what}`);
  const entries = parsed(path, wrong);
  if (!Array.isArray(entries)) {
    throw wrong('expected a list of routes: [{"name": …, "model": …, "path_prefix": …}]');
  }
  const names = new Set<string>();
  return entries.map((one: unknown, index) => {
    const read = entry.safeParse(one);
    if (!read.success) throw wrong(`route ${index + 1}: ${mistakeIn(read.error)}`);
    const { name, model, path_prefix: pathPrefix } = read.data;
    if (names.has(name)) throw wrong(`route ${quote(name)} is there twice: names are unique`);
    names.add(name);
    return { name, model, pathPrefix };
  });
}

function parsed(path: string, wrong: (what: string) => ConfigError): unknown {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read (${reasonOf(error)}); give a readable JSON file`);
  }
  try {
    return JSON.parse(content);
  } catch (error) {
    throw wrong(`is no JSON (${reasonOf(error)})`);
  }
}

function mistakeIn({ issues: [issue] }: z.ZodError): string {
  const at = issue?.path.join('.');
  if (issue?.code === 'unrecognized_keys') {
    return `unknown ${issue.keys.map(quote).join(', ')}; known are name, model and path_prefix`;
  }
  if (!at) return 'expected {"name": …, "model": …, "path_prefix": …}';
  return `${at}: expected a text${at === 'path_prefix' ? ' that begins with /' : ''}`;
}
