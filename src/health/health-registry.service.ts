import type { ReadinessIndicator } from './readiness-indicator.js';

/** The conditions of readiness. A feature registers its own at start (`onModuleInit`). */
export class HealthRegistry {
  private readonly registered = new Map<string, ReadinessIndicator>();
  private readonly lastReadiness = new Map<string, boolean>();

  get indicators(): readonly ReadinessIndicator[] {
    return [...this.registered.values()];
  }

  /** @throws Error when the name is taken: two features must not hide each other */
  register(indicator: ReadinessIndicator): void {
    if (this.registered.has(indicator.name)) {
      throw new Error(`a health indicator named ${indicator.name} is registered already`);
    }
    this.registered.set(indicator.name, indicator);
  }

  /** @returns what was recorded the time before; undefined the first time */
  recordReadiness(name: string, ready: boolean): boolean | undefined {
    const before = this.lastReadiness.get(name);
    this.lastReadiness.set(name, ready);
    return before;
  }
}
