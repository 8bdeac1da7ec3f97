import { ConfigError } from './config-error.js';
import { readValue, type Given } from './given.js';
import type { NameIndex } from './names.js';
import { camelCase } from './setting.js';
import { suggestion } from './suggestion.js';

/** Settings handed over by a program: `{ workerUrls: ['http://a:8000'], queueTimeoutSecs: 0.5 }`. */
export type Options = Readonly<Record<string, unknown>>;

/**
 * Values given as members of an object: names of flags in camel case, values as a file would hold them. Members that
 * are undefined are left out.
 *
 * @throws ConfigError that names the member, also as its `at.key`
 */
export function readOptions(options: Options, names: NameIndex): Given[] {
  const known = new Map(names.all().map((name) => [camelCase(name.name), name]));
  return Object.entries(options).flatMap(([option, raw], index) => {
    if (raw === undefined) return [];
    const name = known.get(option);
    if (!name) {
      const near = suggestion(option, [...known.keys()]);
      throw new ConfigError(
        `unknown option ${option}${near ? `: did you mean ${near}?` : ''} (options are the flags of tandem ${names.table.program} in camel case)`,
        { key: option },
      );
    }
    const value = readValue(name.kind, asInFile(raw), option, { key: option });
    return [{ key: name.key, value, source: 'flag', spelled: option, position: index + 1 }];
  });
}

/** Members of members are written with dashes in a file: `{ url, 'bootstrap-port' }`. */
function asInFile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asInFile);
  if (typeof value !== 'object' || value === null) return value;
  const dashed = (name: string): string =>
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[dashed(name), asInFile(member)]],
    ),
  );
}
