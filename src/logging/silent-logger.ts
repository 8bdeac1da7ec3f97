import { Logger } from './logger.js';

/** A logger that writes nothing: for tests, and for programs that embed a part of this one. */
export class SilentLogger extends Logger {
  error(): void {}
  warn(): void {}
  info(): void {}
  debug(): void {}
  trace(): void {}

  isLevelEnabled(): boolean {
    return false;
  }

  writeSerialized(): void {}

  flush(): Promise<void> {
    return Promise.resolve();
  }
}
