import type { Kind } from './kinds.js';

/** Another name of a setting; with a kind of its own where its values are spelled differently. */
export interface Alias<T> {
  readonly name: string;
  readonly kind?: Kind<T>;
}

/** A value as a configuration file spells it: `'5s'`, not 5000. */
export type Written = string | number | boolean | readonly string[];

/** What is said of a setting beside its name and kind. */
export interface SettingOptions<T> {
  /** A sentence or two for `--help` and the reference. */
  readonly description: string;
  /** The heading that it stands under. */
  readonly group: string;
  readonly default?: Written;
  /** Said in place of a default that is worked out at start. */
  readonly defaultText?: string;
  /** Older flags (and file keys) of the same meaning. */
  readonly aliases?: readonly (string | Alias<T>)[];
  /** A changed file changes it in a running program; others need a restart. */
  readonly live?: boolean;
  /** Older environment variables, asked in order after `TANDEM_<FLAG>`. */
  readonly env?: readonly (string | Alias<T>)[];
}

/** One setting; its name is its key in the table. */
export interface Setting<T> extends SettingOptions<T> {
  readonly kind: Kind<unknown>;
  /** Exists for the type only. */
  readonly type?: T;
}

/**
 * A flag that is accepted and has no effect: logged as ignored at any value, or, with `only`, silent
 * at that value and an error at every other, since it asks for something that is not here.
 */
export interface InertFlag {
  readonly name: string;
  readonly kind: Kind<unknown>;
  readonly only?: Written;
  /** Why it has no effect, or what to do instead: the end of a sentence. */
  readonly reason?: string;
  /** Variables that ask for it too; a purely ignored flag needs none. */
  readonly env?: readonly string[];
}

/** Names are the new flags' names without dashes: `model-server-port`. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** All that a program can be told. */
export interface SettingsTable<S extends Settings = Settings> {
  /** The word after `tandem`. */
  readonly program: string;
  /** What the program does, in a sentence. */
  readonly summary: string;
  readonly settings: S;
  readonly inert?: readonly InertFlag[];
}

type CamelCase<K extends string> = K extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : K;

/** The values of a table: `model-server-port` becomes `modelServerPort`. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S & string as CamelCase<K>]: S[K] extends Setting<infer T> ? T : never;
};

/** A setting with a default: it always has a value. */
export function setting<T>(
  kind: Kind<T>,
  options: SettingOptions<T> & { readonly default: Written },
): Setting<T> {
  return { kind, ...options };
}

/** A setting that may be left out: `undefined` then. */
export function optional<T>(kind: Kind<T>, options: SettingOptions<T>): Setting<T | undefined> {
  return { kind, ...(options as SettingOptions<T | undefined>) };
}

/**
 * The settings of a program; flags, variables, file keys, `--help` and the reference come from it.
 *
 * @example
 * ```ts
 * export const simulatorSettings = defineSettings({
 *   program: 'simulator',
 *   summary: 'Looks like a vLLM server.',
 *   settings: {
 *     port: setting(port(), { group: 'Listening', description: 'The port.', default: 8001 }),
 *     'inter-token-latency': setting(duration(), { group: 'Speed', description: '…', default: '5ms' }),
 *     'api-key': optional(text(), { group: 'Access', description: '…' }),
 *   },
 * });
 *
 * export async function run(argv: string[], env: Environment): Promise<void> {
 *   if (answerHelp(simulatorSettings, argv)) return; // --help, --version
 *   const { config, ignored } = loadSettings(simulatorSettings, { argv, env }); // throws ConfigError
 *   config.interTokenLatency; // number, milliseconds
 *   config.apiKey; // string | undefined
 * }
 * ```
 */
export function defineSettings<const S extends Settings>(
  table: SettingsTable<S>,
): SettingsTable<S> {
  return table;
}

/** `model-server-port` → `modelServerPort`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
