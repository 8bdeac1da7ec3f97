import { writeSync } from 'node:fs';
import { ConfigError, reasonOf } from './config-error.js';

/**
 * Runs a program's `main` and leaves with exit code 1 when it fails: one line on stderr, nothing on
 * stdout. A {@link ConfigError} shows its message alone, anything else its stack too.
 */
export async function exitOnConfigError(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    writeLine(errorLine(error, process.stderr.isTTY === true));
    process.exit(1);
  }
}

/** The line without its end: words for a terminal, JSON for everything else. */
export function errorLine(error: unknown, forTerminal: boolean): string {
  const isConfigError = error instanceof ConfigError;
  const message = reasonOf(error);
  const stack = !isConfigError && error instanceof Error ? error.stack : undefined;
  if (forTerminal) return stack ?? `tandem: ${message}`;
  return JSON.stringify({ level: 'error', time: new Date().toISOString(), msg: message, stack });
}

/** Written at once: `process.exit` does not wait for streams. */
function writeLine(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // stderr is closed; the exit code still tells.
  }
}
