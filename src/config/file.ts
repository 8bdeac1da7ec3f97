import { parseDocument } from 'yaml';
import { ConfigError, reasonOf } from './config-error.js';
import { readValue, type Given } from './given.js';
import type { NameIndex } from './names.js';
import { suggestion } from './suggestion.js';

/** A configuration file's text and how messages call it: `--configuration-file=/etc/x.yaml`. */
export interface FileText {
  readonly text: string;
  readonly origin: string;
}

/**
 * Values given in a file of YAML or JSON: one mapping, keys as flags are named without dashes.
 * A setting's own name wins over its older names.
 *
 * @throws ConfigError on what is not such a mapping, an unknown key or a bad value
 */
export function readFileSettings({ text, origin }: FileText, names: NameIndex): Given[] {
  const given = new Map<string, Given & { older: boolean }>();
  for (const [key, raw] of mapping(text, origin)) {
    const name = names.find(key);
    if (!name || isAboutFiles(name.key)) throw unknownKey(key, origin, names);
    const spelled = `${key} in ${origin}`;
    if (raw === null)
      throw new ConfigError(`${spelled}: has no value; expected ${name.kind.expects}`);
    const ignored = name.inert && name.inert.only === undefined;
    const value = ignored ? raw : readValue(name.kind, raw, spelled);
    const older = name.name !== name.key;
    if (older && given.get(name.key)?.older === false) continue;
    given.set(name.key, { key: name.key, value, source: 'file', spelled, position: 0, older });
  }
  return [...given.values()];
}

function isAboutFiles(key: string): boolean {
  return key === 'configuration' || key === 'configuration-file';
}

function unknownKey(key: string, origin: string, names: NameIndex): ConfigError {
  const near = suggestion(key, names.known());
  return new ConfigError(
    `unknown key ${key} in ${origin}: ${near ? `did you mean ${near}? ` : ''}(keys are the flags' names without dashes, tandem ${names.table.program} --help lists them)`,
  );
}

function mapping(text: string, origin: string): [string, unknown][] {
  const content = parse(text, origin);
  if (content === null || content === undefined) return [];
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError(`${origin}: expected a mapping of settings such as {port: 8000}`);
  }
  return Object.entries(content);
}

/** YAML 1.2 holds JSON but for tabs in places; such text is read as JSON. */
function parse(text: string, origin: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (!error) {
    try {
      return document.toJS({ maxAliasCount: 100 });
    } catch (failure) {
      throw notYaml(origin, failure);
    }
  }
  try {
    return JSON.parse(text);
  } catch {
    throw notYaml(origin, error);
  }
}

function notYaml(origin: string, failure: unknown): ConfigError {
  const reason = reasonOf(failure).split('\n')[0] ?? '';
  return new ConfigError(`${origin}: is not valid YAML or JSON: ${reason.replace(/:$/, '')}`);
}
