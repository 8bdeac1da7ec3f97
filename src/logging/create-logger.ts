import { isatty } from 'node:tty';
import { DailyFileSink } from './daily-file-sink.js';
import { FileSink } from './file-sink.js';
import { HeldSink } from './held-sink.js';
import type { Logger, LogLevel } from './logger.js';
import { PinoLogger } from './pino-logger.js';
import { PrettySink } from './pretty-sink.js';
import type { LineSink } from './line-sink.js';
import { TeeSink } from './tee-sink.js';

const STDERR = 2;

/** Where and how log lines are written. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** `auto`: pretty when stderr is a terminal, else JSON. A file always gets JSON. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** File to append to instead of stderr. */
  readonly file?: string | undefined;
  /** A file a day, beside stderr. */
  readonly daily?: { readonly folder: string; readonly name: string } | undefined;
  /** With `file`: write to stderr too. */
  readonly alsoToStderr?: boolean | undefined;
  /** File descriptor that stands for stderr; only tests have another. */
  readonly fd?: number | undefined;
}

/**
 * @returns a logger that writes to stderr or a file: JSON, one object a line, or readable lines
 * @throws a Node system error (ENOENT, EACCES, ...) when the file cannot be opened for appending
 */
export function createLogger(options: LoggerOptions): Logger {
  return new PinoLogger(options.level, openSink(options).sink);
}

/**
 * A logger of one process of several: JSON to stderr, each line with the number of the process. The process that
 * reads them knows where they go (`HeldLogger.relay`).
 */
export function createWorkerLogger(level: LogLevel, worker: number): Logger {
  return new PinoLogger(level, new FileSink(STDERR), worker);
}

/** A logger whose lines wait until it is known whether the program starts. */
export interface HeldLogger {
  readonly logger: Logger;
  /** Writes lines of other processes among its own; each ends with its line feed. */
  relay(lines: string): void;
  /** Writes what was held; from then on it is a logger as any other. */
  release(): void;
  /** Opens today's file anew, where there is one a day: whoever keeps logs has moved it. */
  reopen(): void;
}

/** As {@link createLogger}: for a start whose configuration errors are one line, alone. */
export function createHeldLogger(options: LoggerOptions): HeldLogger {
  const { sink: opened, daily } = openSink(options);
  const sink = new HeldSink(opened);
  return {
    logger: new PinoLogger(options.level, sink),
    relay: (lines) => sink.write(lines),
    release: () => sink.release(),
    reopen: () => daily?.reopen(),
  };
}

function openSink(options: LoggerOptions): { sink: LineSink; daily?: DailyFileSink } {
  if (options.daily === undefined) return { sink: openPlain(options) };
  const plain = openPlain(options);
  const daily = new DailyFileSink({
    ...options.daily,
    onTrouble: (path, error) => plain.write(troubleLine(path, error)),
  });
  return { sink: new TeeSink([daily, plain]), daily };
}

/** To stderr alone: the file is what the trouble is about. */
function troubleLine(file: string, error: Error): string {
  const time = new Date().toISOString();
  const msg = 'the log file cannot be written; its lines wait, and are tried again';
  return `${JSON.stringify({ level: 'warn', time, file, reason: error.message, msg })}\n`;
}

function openPlain(options: LoggerOptions): LineSink {
  const fd = options.fd ?? STDERR;
  const stderr = (): LineSink => {
    const sink = new FileSink(fd);
    const pretty = options.format === 'pretty' || (options.format === 'auto' && isatty(fd));
    return pretty ? new PrettySink(sink, isatty(fd)) : sink;
  };
  if (options.file === undefined) return stderr();
  const file = FileSink.open(options.file);
  return options.alsoToStderr === true ? new TeeSink([file, stderr()]) : file;
}
