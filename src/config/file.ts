import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { ConfigError, reasonOf, type MistakeAt } from './config-error.js';
import { readValue, type Given } from './given.js';
import type { NameIndex } from './names.js';
import { suggestion } from './suggestion.js';

/** A configuration file's text and how messages call it: `--configuration-file=/etc/x.yaml`. */
export interface FileText {
  readonly text: string;
  readonly origin: string;
  /** Messages name the line: it is a file, and no flag's value. */
  readonly hasLines?: boolean;
}

interface Entry {
  readonly key: string;
  readonly raw: unknown;
  /** From 1; undefined where nothing is told of lines. */
  readonly line: number | undefined;
}

/**
 * Values given in a file of YAML or JSON: one mapping, keys as flags are named without dashes.
 * A setting's own name wins over its older names.
 *
 * @throws ConfigError on what is not such a mapping, an unknown key or a bad value
 */
export function readFileSettings(file: FileText, names: NameIndex): Given[] {
  const given = new Map<string, Given & { older: boolean }>();
  for (const { key, raw, line } of mapping(file)) {
    const place = line === undefined ? file.origin : `${file.origin}, line ${line}`;
    const name = names.find(key);
    if (!name || isAboutFiles(name.key)) throw unknownKey({ key, line }, place, names);
    const spelled = `${key} in ${place}`;
    const at = { key: name.key, line };
    if (raw === null)
      throw new ConfigError(`${spelled}: has no value; expected ${name.kind.expects}`, at);
    const ignored = name.inert && name.inert.only === undefined;
    const value = ignored ? raw : readValue(name.kind, raw, spelled, at);
    const older = name.name !== name.key;
    if (older && given.get(name.key)?.older === false) continue;
    given.set(name.key, { ...at, value, source: 'file', spelled, position: 0, older });
  }
  return [...given.values()];
}

function isAboutFiles(key: string): boolean {
  return key === 'configuration' || key === 'configuration-file';
}

function unknownKey(at: { key: string } & MistakeAt, place: string, names: NameIndex): ConfigError {
  const { key } = at;
  const near = suggestion(key, names.known());
  return new ConfigError(
    `unknown key ${key} in ${place}: ${near ? `did you mean ${near}? ` : ''}(keys are the flags' names without dashes, tandem ${names.table.program} --help lists them)`,
    at,
  );
}

function mapping({ text, origin, hasLines }: FileText): Entry[] {
  const { content, lineOf } = parse(text, origin);
  if (content === null || content === undefined) return [];
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError(`${origin}: expected a mapping of settings such as {port: 8000}`, {
      line: 1,
    });
  }
  return Object.entries(content).map(([key, raw]) => {
    return { key, raw, line: hasLines === true ? lineOf(key) : undefined };
  });
}

interface Parsed {
  readonly content: unknown;
  readonly lineOf: (key: string) => number | undefined;
}

/** YAML 1.2 holds JSON but for tabs in places; such text is read as JSON. */
function parse(text: string, origin: string): Parsed {
  const counter = new LineCounter();
  const document = parseDocument(text, { prettyErrors: true, lineCounter: counter });
  const [error] = document.errors;
  if (!error) {
    try {
      const content: unknown = document.toJS({ maxAliasCount: 100 });
      return { content, lineOf: (key) => lineIn(document, counter, key) };
    } catch (failure) {
      throw notYaml(origin, failure);
    }
  }
  try {
    const content: unknown = JSON.parse(text);
    // Tabs stand between values alone: without them it is YAML, whose keys have lines.
    const blank = text.replaceAll('\t', ' ');
    return { content, lineOf: (key) => parse(blank, origin).lineOf(key) };
  } catch {
    throw notYaml(origin, error);
  }
}

function lineIn({ contents }: Document, counter: LineCounter, key: string): number | undefined {
  if (!isMap(contents)) return undefined;
  const pair = contents.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  const start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  return start === undefined ? undefined : counter.linePos(start).line;
}

function notYaml(origin: string, failure: unknown): ConfigError {
  const reason = reasonOf(failure).split('\n')[0] ?? '';
  const line = (failure as { linePos?: readonly { line: number }[] }).linePos?.[0]?.line;
  const words = reason.replace(/:$/, '');
  return new ConfigError(`${origin}: is not valid YAML or JSON: ${words}`, { line });
}
