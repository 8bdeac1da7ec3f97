import { camelCase, type Setting, type Settings } from './setting.js';

/** A setting with another value than before. */
export interface Change {
  /** Its name, as in a file. */
  readonly key: string;
  readonly setting: Setting<unknown>;
  /** Values as people write them; those of keys are not told. */
  readonly from: unknown;
  readonly to: unknown;
}

type Values = Readonly<Record<string, unknown>>;

/** @returns what is not the same, in the order of the table */
export function changesBetween(settings: Settings, before: Values, after: Values): Change[] {
  return Object.entries(settings).flatMap(([key, setting]) => {
    const [from, to] = [before[camelCase(key)], after[camelCase(key)]];
    if (JSON.stringify(from) === JSON.stringify(to)) return [];
    return [{ key, setting, from: shown(setting, from), to: shown(setting, to) }];
  });
}

const HIDDEN = '(hidden)';

function shown({ kind }: Setting<unknown>, value: unknown): unknown {
  if (value === undefined) return null;
  if (kind.placeholder.startsWith('KEY')) return HIDDEN;
  // Kept in milliseconds, written in seconds.
  return kind.placeholder === 'SECONDS' && typeof value === 'number' ? value / 1000 : value;
}
