import { aliasesOf, defaultOf, grouped, olderVariablesOf } from './help.js';
import { LOGGING_FLAGS } from './inert.js';
import type { InertFlag, Setting, SettingsTable, Written } from './setting.js';

/** The page of a program's settings: how they are given, and a table of each group. */
export function configurationPage(table: SettingsTable): string {
  const inert = table.inert ?? [];
  const planned = inert.filter((flag) => !LOGGING_FLAGS.includes(flag));
  const logging = inert.filter((flag) => LOGGING_FLAGS.includes(flag));
  return [
    introduction(table.program),
    ...(table.program === 'sidecar' ? [OF_THE_SIDECAR] : []),
    ...(isLive(table) ? [RELOADED] : []),
    ...grouped(table).map(([group, settings]) => groupTable(group, settings, isLive(table))),
    LATER,
    inertTable(planned),
    ...(logging.length > 0
      ? [LOGGING, logging.map(({ name }) => `\`-${name}\``).join(', ') + '.']
      : []),
    '',
  ].join('\n\n');
}

const introduction = (program: string): string => `# Configuration of the ${program}

This page is generated from the settings of the program (\`npm run docs\`); \`tandem ${program} --help\` says the same.

## How settings are given

- **Order**: a flag wins over the environment, that over the configuration file, that over the default. An empty variable counts as not set; \`0\` and \`""\` in a file are values.
- **Flags** take one dash or two, words parted by dashes or underscores, and the value after \`=\` or as the next argument: \`-port=8000\`, \`--port 8000\`. Switches are bare or take \`=true\`, \`=false\`, \`=1\`, \`=0\`, \`=t\`, \`=f\`. Lists are repeated or have commas; where a flag takes several words (\`A B …\`), all that follow up to the next flag are its.
- **Several names**: the older name of a flag means the same. Of several flags for one setting the last counts, whichever names they use; lists add up. In a file the new name wins over the older one.
- **Environment**: every flag \`--some-flag\` is \`TANDEM_SOME_FLAG\` too (its older names likewise); the older variables of the tables are asked after it. A Kubernetes service link (\`VLLM_PORT=tcp://…\`) is not a port and is ignored with a log line.
- **File**: \`--configuration-file\` names a YAML or JSON file, \`--configuration\` is one inline. Keys are the flags' names without dashes; an unknown key is an error.
- **Values**: durations as in Go (\`50ms\`, \`2s\`, \`1m30s\`), in files too; sizes in bytes or with KiB, MiB, GiB.
- **Mistakes** end the program with exit code 1 and one line on stderr that names the flag, variable or key and says the mend, before anything listens.`;

const OF_THE_SIDECAR = `[sidecar.schema.json](sidecar.schema.json) describes its file for editors, [sidecar.example.yaml](../config/sidecar.example.yaml) shows one.

TLS towards a model server has a list and, for two of them, an older switch. The stronger source decides; in one source they add up, unless a switch is set to false after the list.`;

const LATER = `## Flags of parts that this version does not have

Manifests that name them run unchanged as long as they ask for nothing that is missing: at the value shown nothing happens, at any other the program does not start. "any" is ignored with a log line.`;

const LOGGING = `## Logging flags without effect

klog's and zap's flags that mean something stand under Logging. These are accepted and ignored with a log line each:`;

/** Whether a changed file is taken over. */
function isLive({ settings }: SettingsTable): boolean {
  return Object.values(settings).some(({ live }) => live);
}

const RELOADED =
  'A changed file is taken over within seconds, and on SIGHUP, whole or not at all; settings marked ↻ need a restart.';

function groupTable(
  group: string,
  settings: readonly [string, Setting<unknown>][],
  marksFixed: boolean,
): string {
  const rows = settings.map(([key, setting]) => [
    flagCell(key, setting),
    defaultCell(setting),
    code(olderVariablesOf(setting)) || '–',
    marksFixed && !setting.live ? `${setting.description} ↻` : setting.description,
  ]);
  return `## ${group}\n\n${markdownTable(['Flag', 'Default', 'Older variables', 'Meaning'], rows)}`;
}

function flagCell(key: string, setting: Setting<unknown>): string {
  const { kind } = setting;
  const value = kind.shape === 'boolean' ? '' : `=${kind.placeholder}`;
  const older = aliasesOf(setting).map((name) => `\`${name.length > 1 ? '--' : '-'}${name}\``);
  return [`\`--${key}${value}\``, ...older].join('<br>');
}

function defaultCell(setting: Setting<unknown>): string {
  const fallback = defaultOf(setting);
  if (fallback === undefined) return '–';
  return setting.defaultText === undefined ? `\`${fallback}\`` : fallback;
}

function inertTable(flags: readonly InertFlag[]): string {
  const hasReasons = flags.some(({ reason }) => reason);
  const rows = flags.map(({ name, only, reason }) => {
    const accepted = only === undefined ? 'any' : `\`${isEmpty(only) ? '""' : String(only)}\``;
    return [`\`--${name}\``, accepted, ...(hasReasons ? [reason ?? ''] : [])];
  });
  return markdownTable(['Flag', 'Accepted', ...(hasReasons ? ['Why'] : [])], rows);
}

function isEmpty(written: Written): boolean {
  return written === '' || (Array.isArray(written) && written.length === 0);
}

function code(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}

/** A table of cells as they are; bars in them are escaped. */
export function markdownTable(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
