import { variablesOf } from './environment.js';
import { FILE_SETTINGS } from './file-settings.js';
import type { Alias, Setting, Settings, SettingsTable } from './setting.js';
import { PROGRAMS } from './programs.js';
import { VERSION } from './version.js';

const WIDTH = 96;

/**
 * Answers `--help`, `-help`, `-h` and `--version` on stdout, wherever they stand among the flags.
 *
 * @returns whether there was one: the program has nothing else to do then
 */
export function answerHelp(
  table: SettingsTable,
  argv: readonly string[],
  print: (text: string) => void = (text) => void process.stdout.write(text),
): boolean {
  if (argv.some((word) => /^(?:--?help|-h)$/.test(word))) print(helpText(table));
  else if (argv.some((word) => /^--?version$/.test(word))) print(`tandem ${VERSION}\n`);
  else return false;
  return true;
}

/** Every flag with its default, variables and meaning, in groups, as plain text. */
export function helpText(table: SettingsTable): string {
  const head = [
    `Usage: tandem ${table.program} [--flag=value ...]`,
    '',
    ...wrapped(table.summary, 0),
    '',
    ...wrapped(
      'Flags take one dash or two, and their value after = or a blank. A flag wins over its environment variables, those over the configuration file, that over the default. Durations are written as in Go (50ms, 2s, 1m30s), sizes in bytes or with KiB, MiB, GiB.',
      0,
    ),
  ];
  const groups = grouped(table).map(([group, settings]) =>
    ['', `${group}:`, ...settings.flatMap(([key, setting]) => flagHelp(key, setting))].join('\n'),
  );
  const foot = [
    '',
    'Help:',
    '  --help, -h          this text',
    '  --version           the version',
    '',
    ...wrapped(
      `Programs: ${PROGRAMS.map((program) => `tandem ${program}`).join(', ')}; flags alone mean the sidecar.`,
      0,
    ),
    '',
  ].join('\n');
  return [head.join('\n'), ...groups, foot].join('\n');
}

/** The settings under their headings, both in the order of the table. */
export function grouped(table: SettingsTable): [string, [string, Setting<unknown>][]][] {
  const groups = new Map<string, [string, Setting<unknown>][]>();
  const all: Settings = { ...table.settings, ...FILE_SETTINGS };
  for (const entry of Object.entries(all)) {
    const { group } = entry[1];
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return [...groups];
}

/** The default as people write it; `undefined` where there is none. */
export function defaultOf(setting: Setting<unknown>): string | undefined {
  if (setting.defaultText !== undefined) return setting.defaultText;
  if (setting.default === undefined) return undefined;
  if (typeof setting.default === 'object') return setting.default.join(',') || undefined;
  return String(setting.default) || undefined;
}

/** A setting's older flags, without dashes. */
export function aliasesOf(setting: Setting<unknown>): string[] {
  return (setting.aliases ?? []).map(nameOf);
}

/** Its older environment variables. */
export function olderVariablesOf(setting: Setting<unknown>): string[] {
  return (setting.env ?? []).map(nameOf);
}

function nameOf(alias: string | Alias<unknown>): string {
  return typeof alias === 'string' ? alias : alias.name;
}

function flagHelp(key: string, setting: Setting<unknown>): string[] {
  const { kind } = setting;
  const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);
  const flags = [key, ...aliasesOf(setting)].map(dashed).join(', ');
  const value = kind.shape === 'boolean' ? '[=true|false]' : `=${kind.placeholder}`;
  const variables = [variablesOf(key, setting)[0]!.name, ...olderVariablesOf(setting)].join(', ');
  const fallback = defaultOf(setting);
  const facts = `(${fallback === undefined ? 'no default' : `default ${fallback}`}; env ${variables})`;
  return [
    `  ${flags} ${value}`.replace(' =', '=').replace(' [=', '[='),
    ...wrapped(`${setting.description} ${facts}`, 8),
  ];
}

function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(' '.repeat(indent) + line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, ' '.repeat(indent) + line];
}
