/** Where a mistake stands. */
export interface MistakeAt {
  /** The setting's own name, or the unknown one that was given. */
  readonly key?: string | undefined;
  /** In the configuration file, from 1. */
  readonly line?: number | undefined;
}

/**
 * A mistake in the configuration, told to the person who made it.
 *
 * The message is one line: it holds the flag, variable or key as that person spelled it and says the
 * mend. Programs print it and leave with exit code 1 (see `exit-on-config-error.ts`).
 */
export class ConfigError extends Error {
  static readonly CODE = 'ERR_CONFIG';
  override readonly name = 'ConfigError';
  /** By which it is known again when a worker tells its primary of it. */
  readonly code = ConfigError.CODE;

  /** @param at where it stands, as far as that is known */
  constructor(
    message: string,
    readonly at: MistakeAt = {},
  ) {
    super(message.replace(/\s*[\r\n]+\s*/g, ' ').trim());
  }
}

const LONGEST_QUOTE = 80;

/** A value as it stands in a message: quoted, on one line, cut after 80 characters. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`;
}

/** Why something failed, in words: what is thrown need not be an Error (of this realm). */
export function reasonOf(failure: unknown): string {
  const { message } = (failure ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(failure);
}
