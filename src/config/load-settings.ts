import { readFileSync } from 'node:fs';
import { ConfigError, reasonOf } from './config-error.js';
import { deepFreeze } from './deep-freeze.js';
import { readEnvironment, type Environment } from './environment.js';
import { readFileSettings, type FileText } from './file.js';
import { parseFlags } from './flags.js';
import { readValue, SOURCES, type Given } from './given.js';
import { NameIndex } from './names.js';
import { readOptions, type Options } from './options.js';
import { camelCase, type ConfigOf, type Settings, type SettingsTable } from './setting.js';

/** Where settings are read from. */
export interface SettingSources {
  /** Without the program: `process.argv.slice(2)`. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Settings that a program hands over, as strong as flags. */
  readonly options?: Options;
  /** Stands in for the file system in tests. */
  readonly readFile?: (path: string) => string;
}

/** What came of it. */
export interface LoadedSettings<S extends Settings> {
  /** The values, deep-frozen. */
  readonly config: ConfigOf<S>;
  /** Flags (and variables) that were given and have no effect, as spelled: one log line each. */
  readonly ignored: readonly string[];
  /** The winning value of each setting that was given at all, by the setting's own name. */
  readonly given: ReadonlyMap<string, Given>;
}

/**
 * Reads, merges and validates the settings of a program: flag, then environment, then file, then
 * default. Among flags of one setting the last counts, whichever of its names they use; lists add up.
 *
 * @throws ConfigError of one line that names what is wrong as it was spelled and says the mend
 */
export function loadSettings<S extends Settings>(
  table: SettingsTable<S>,
  { argv, env, options = {}, readFile = readText }: SettingSources,
): LoadedSettings<S> {
  const names = new NameIndex(table);
  const flags = [...parseFlags(argv, names), ...readOptions(options, names)];
  const environment = readEnvironment(env, table);
  const outside = winners([...flags, ...environment.given]);
  const file = fileText(outside, readFile);
  const inFile = file ? readFileSettings(file, names) : [];
  const given = winners([...inFile, ...environment.given, ...flags]);
  const ignored = [...ignoredFlags([...flags, ...inFile], table), ...environment.ignored];
  refusePlanned(given, table);
  return { config: deepFreeze(values(table, given)), ignored, given };
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The strongest of what was given for each setting; the last of its flags, all of a list's. */
function winners(all: readonly Given[]): Map<string, Given> {
  const won = new Map<string, Given>();
  for (const next of all) {
    const before = won.get(next.key);
    const weaker = before && SOURCES.indexOf(next.source) < SOURCES.indexOf(before.source);
    if (weaker) continue;
    const adds = before?.source === next.source && Array.isArray(before.value);
    const value = adds
      ? [...(before.value as unknown[]), ...(next.value as unknown[])]
      : next.value;
    won.set(next.key, { ...next, value });
  }
  return won;
}

function fileText(
  given: ReadonlyMap<string, Given>,
  readFile: (path: string) => string,
): FileText | undefined {
  const file = given.get('configuration-file');
  const inline = given.get('configuration');
  if (file && inline && file.source === inline.source) {
    throw new ConfigError(`${inline.spelled} and ${file.spelled} exclude each other: give one`);
  }
  if (inline && (!file || inline.source === 'flag')) {
    return { text: inline.value as string, origin: inline.spelled };
  }
  if (!file) return undefined;
  const path = file.value as string;
  const origin = `${file.spelled}=${path}`;
  try {
    return { text: readFile(path), origin, hasLines: true };
  } catch (failure) {
    throw new ConfigError(
      `${origin}: cannot be read (${reasonOf(failure)}); give a readable YAML or JSON file`,
    );
  }
}

function ignoredFlags(given: readonly Given[], table: SettingsTable): string[] {
  const inert = new Map((table.inert ?? []).map((flag) => [flag.name, flag]));
  const ignored = given.filter(({ key }) => inert.has(key) && inert.get(key)?.only === undefined);
  return [...new Set(ignored.map(({ spelled }) => spelled))];
}

function refusePlanned(given: ReadonlyMap<string, Given>, table: SettingsTable): void {
  for (const { name, kind, only, reason } of table.inert ?? []) {
    const asked = given.get(name);
    if (only === undefined || asked === undefined) continue;
    if (JSON.stringify(asked.value) === JSON.stringify(readValue(kind, only, name))) continue;
    const accepted = typeof only === 'string' && only === '' ? 'empty' : String(only);
    const mend = `leave it out (only ${accepted} is accepted)`;
    const why = reason ?? `not supported by this version yet; ${mend}`;
    throw new ConfigError(`${asked.spelled}: ${why}`, { key: name, line: asked.line });
  }
}

function values<S extends Settings>(
  table: SettingsTable<S>,
  given: ReadonlyMap<string, Given>,
): ConfigOf<S> {
  const config: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table.settings)) {
    const { kind, default: fallback } = setting;
    const unset = (): unknown =>
      fallback === undefined ? undefined : readValue(kind, fallback, key);
    config[camelCase(key)] = given.has(key) ? given.get(key)?.value : unset();
  }
  return config as ConfigOf<S>;
}
