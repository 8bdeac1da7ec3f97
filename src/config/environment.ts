import { readValue, type Given } from './given.js';
import type { Kind } from './kinds.js';
import { suggestion } from './suggestion.js';
import { FILE_SETTINGS } from './file-settings.js';
import type { InertFlag, Setting, SettingsTable } from './setting.js';

/** The shape of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `model-server-port` → `TANDEM_MODEL_SERVER_PORT`. */
export function variableOf(name: string): string {
  return `TANDEM_${name.toUpperCase().replace(/[-_]/g, '_')}`;
}

interface Variable {
  readonly name: string;
  readonly kind: Kind<unknown>;
}

/** A setting's variables in the order in which they are asked. */
export function variablesOf(key: string, setting: Setting<unknown>): Variable[] {
  const { kind } = setting;
  const aliases = (setting.aliases ?? []).map((alias) =>
    typeof alias === 'string'
      ? { name: variableOf(alias), kind }
      : { name: variableOf(alias.name), kind: alias.kind ?? kind },
  );
  const older = (setting.env ?? []).map((alias) =>
    typeof alias === 'string'
      ? { name: alias, kind }
      : { name: alias.name, kind: alias.kind ?? kind },
  );
  return [{ name: variableOf(key), kind }, ...aliases, ...older];
}

/**
 * Values given in the environment: of each setting's variables the first that is set. An empty
 * variable counts as not set, as in OpenTelemetry and in Go's own programs.
 *
 * @throws ConfigError on a bad value
 */
export function readEnvironment(
  env: Environment,
  table: SettingsTable,
): { given: Given[]; ignored: string[] } {
  const given: Given[] = [];
  const ignored: string[] = [];
  const isSet = ({ name, kind }: Variable): boolean => {
    const value = env[name];
    if (value === undefined || value === '') return false;
    if (!isServiceLink(value, kind)) return true;
    ignored.push(`${name} (a Kubernetes service link)`);
    return false;
  };
  const take = (key: string, variables: Variable[]): void => {
    const variable = variables.find(isSet);
    if (!variable) return;
    const { name: spelled, kind } = variable;
    const value = readValue(kind, env[spelled], spelled);
    given.push({ key, value, source: 'environment', spelled, position: 0 });
  };
  for (const [key, setting] of Object.entries({ ...table.settings, ...FILE_SETTINGS })) {
    take(key, variablesOf(key, setting));
  }
  for (const inert of table.inert ?? []) take(inert.name, variablesOfInert(inert));
  return { given, ignored: [...ignored, ...unknownVariables(env, table)] };
}

/**
 * Ours by their name, but of no setting: misspelt, another program's, or a Kubernetes service link
 * (TANDEM_SERVICE_HOST). No error, since pods share their environment.
 */
function unknownVariables(env: Environment, table: SettingsTable): string[] {
  const settings = Object.entries({ ...table.settings, ...FILE_SETTINGS });
  const known = new Set([
    ...settings.flatMap(([key, setting]) => variablesOf(key, setting).map(({ name }) => name)),
    ...(table.inert ?? []).map(({ name }) => variableOf(name)),
  ]);
  return Object.keys(env)
    .filter((name) => name.startsWith('TANDEM_') && !known.has(name))
    .map((name) => {
      const near = suggestion(name, [...known]);
      return `${name} (no variable of this program${near ? `: did you mean ${near}?` : ''})`;
    });
}

/** Only those that can ask for something that is missing matter; pods share their environment. */
function variablesOfInert(inert: InertFlag): Variable[] {
  if (inert.only === undefined) return [];
  return [variableOf(inert.name), ...(inert.env ?? [])].map((name) => ({ name, kind: inert.kind }));
}

/**
 * Kubernetes sets `VLLM_PORT=tcp://10.0.0.1:80` in every pod beside a Service named `vllm`
 * (https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables).
 */
function isServiceLink(value: string, kind: Kind<unknown>): boolean {
  return kind.placeholder === 'PORT' && /^(?:tcp|udp|sctp):\/\//.test(value);
}
