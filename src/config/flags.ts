import { ConfigError, quote } from './config-error.js';
import { readValue, type Given } from './given.js';
import type { Name, NameIndex } from './names.js';
import { suggestion } from './suggestion.js';

/**
 * Values given as flags, in order, in the syntax of Go's `flag` package: one dash or two,
 * `-flag=value` or `-flag value`, booleans bare, with `=`, or with `true` or `false` behind them. Underscores count as dashes. A flag of several words takes
 * all that follow up to the next flag.
 *
 * @throws ConfigError on an unknown flag, a bad or missing value, or a word that belongs to no flag
 */
export function parseFlags(argv: readonly string[], names: NameIndex): Given[] {
  const given: Given[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    const match = /^(--?)([A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(word);
    if (!match) throw strayWord(word, argv[index - 1], names);
    const [, dashes, spelledName, attached] = match as unknown as [string, string, string, string?];
    const spelled = dashes + spelledName;
    const name = names.find(spelledName);
    if (!name) throw unknownFlag(spelled, dashes, spelledName, names);
    let raw = attached;
    if (raw === undefined) {
      const isBare = name.kind.shape === 'boolean' && !isTruth(argv[index + 1]);
      raw = isBare ? 'true' : argv[++index];
    }
    if (name.kind.shape === 'words') {
      while (isWord(argv[index + 1])) raw += ` ${argv[++index]!}`;
    }
    if (raw === undefined)
      throw new ConfigError(`${spelled} needs a value: ${example(spelled, name)}`);
    const value = readFlag(name, raw, spelled);
    given.push({ key: name.key, value, source: 'flag', spelled, position: index + 1 });
  }
  return given;
}

/** No other word behind a boolean flag can be meant as its value. */
function isTruth(word: string | undefined): boolean {
  return word === 'true' || word === 'false';
}

/** Not a flag, nor the end: it belongs to the flag before. */
function isWord(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith('-');
}

/** A flag that is ignored at any value may have any value. */
function readFlag(name: Name, raw: string, spelled: string): unknown {
  const ignored = name.inert && name.inert.only === undefined;
  return ignored ? raw : readValue(name.kind, raw, spelled);
}

function example(spelled: string, name: Name): string {
  return `${spelled}=${name.kind.placeholder}`;
}

function unknownFlag(spelled: string, dashes: string, name: string, names: NameIndex): ConfigError {
  const near = suggestion(name, names.known());
  const mend = near ? `: did you mean ${dashes}${near}?` : '';
  return new ConfigError(
    `unknown flag ${spelled}${mend} (tandem ${names.table.program} --help lists all flags)`,
  );
}

function strayWord(word: string, before: string | undefined, names: NameIndex): ConfigError {
  const flag = before?.startsWith('-') && names.find(before.replace(/^--?/, ''));
  if (flag && flag.kind.shape === 'boolean') {
    return new ConfigError(`unexpected argument ${quote(word)}: ${before} is true or false`);
  }
  return new ConfigError(
    `unexpected argument ${quote(word)}: every argument is a flag and starts with - or -- (tandem ${names.table.program} --help lists them)`,
  );
}
