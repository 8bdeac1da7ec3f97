import { pino } from 'pino';
import { errorFields } from './error-fields.js';
import type { LineSink } from './line-sink.js';
import { Logger, type LogFields, type LogLevel } from './logger.js';

/** A {@link Logger} over pino: `level` is a word, `time` ISO 8601, `msg` the message. */
export class PinoLogger extends Logger {
  private readonly pino: pino.Logger;
  private readonly workerMember: string;

  /** @param worker the number of this process among several; stands in each line */
  constructor(
    level: LogLevel,
    private readonly sink: LineSink,
    worker?: number,
  ) {
    super();
    this.workerMember = worker === undefined ? '' : `,"worker":${worker}`;
    this.pino = pino(
      {
        level,
        base: worker === undefined ? null : { worker },
        timestamp: () => `,"time":"${isoNow()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: errorFields },
      },
      sink,
    );
  }

  error(message: string, fields?: LogFields): void {
    this.pino.error(fields ?? null, message);
  }

  warn(message: string, fields?: LogFields): void {
    this.pino.warn(fields ?? null, message);
  }

  info(message: string, fields?: LogFields): void {
    this.pino.info(fields ?? null, message);
  }

  debug(message: string, fields?: LogFields): void {
    this.pino.debug(fields ?? null, message);
  }

  trace(message: string, fields?: LogFields): void {
    this.pino.trace(fields ?? null, message);
  }

  override setLevel(level: LogLevel): void {
    this.pino.level = level;
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.pino.isLevelEnabled(level);
  }

  writeSerialized(level: LogLevel, message: string, members: string): void {
    if (!this.pino.isLevelEnabled(level)) return;
    this.sink.write(
      `{"level":"${level}","time":"${isoNow()}"${this.workerMember}${members},"msg":${JSON.stringify(message)}}\n`,
    );
  }

  flush(): Promise<void> {
    return this.sink.flush();
  }
}

let lastMillisecond = 0;
let lastIso = '';

/** The time as ISO 8601 with milliseconds; formatted once a millisecond. */
function isoNow(): string {
  const now = Date.now();
  if (now !== lastMillisecond) {
    lastMillisecond = now;
    lastIso = new Date(now).toISOString();
  }
  return lastIso;
}
