import { Injectable } from '@nestjs/common';
import type { ReadinessIndicator } from './readiness-indicator.js';

/** The conditions of readiness. A feature registers its own at start (`onModuleInit`). */
@Injectable()
export class HealthRegistry {
  private readonly registered = new Map<string, ReadinessIndicator>();

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
}
