/** How much is logged: each level includes those before it. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/**
 * What a line says beside its message. Values are JSON; an `Error` becomes its name, message, code
 * and cause (with its stack when it has no code: then it is a bug, not an event of the network).
 */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes log lines; this class is also the injection token.
 *
 * Message first, fields second: `logger.warn('prefill failed', { prefiller, error })`. Bodies,
 * prompts and values of Authorization never belong into a field.
 */
export abstract class Logger {
  abstract error(message: string, fields?: LogFields): void;
  abstract warn(message: string, fields?: LogFields): void;
  abstract info(message: string, fields?: LogFields): void;
  abstract debug(message: string, fields?: LogFields): void;
  abstract trace(message: string, fields?: LogFields): void;

  /** From now on lines of this level and those before it are written; a logger without levels stays as it is. */
  setLevel(_level: LogLevel): void {
    // Most stand-ins write everything, or nothing.
  }

  /** @returns whether lines of this level are written: spares building fields for nothing */
  abstract isLevelEnabled(level: LogLevel): boolean;

  /**
   * Writes a line whose fields are serialised already.
   *
   * @param members JSON members with their leading comma (`,"a":1,"b":"c"`), or ''
   */
  abstract writeSerialized(level: LogLevel, message: string, members: string): void;

  /** @returns when all lines written so far have left the process; never rejects */
  abstract flush(): Promise<void>;
}
