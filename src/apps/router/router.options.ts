import type { RouterConfig } from './router.settings.js';

/** Told of changed settings; must not throw, for the change is one that was found good. */
export type ApplyConfig = (config: RouterConfig) => void;

interface Subscription {
  readonly keys: readonly (keyof RouterConfig)[];
  readonly apply: ApplyConfig;
}

/**
 * What the router is told at the moment; the class is the injection token.
 *
 * Whoever reads {@link config} at each use sees changes by that alone; whoever works something out of it beforehand
 * subscribes with {@link onChange}.
 */
export class RouterOptions {
  private readonly subscriptions: Subscription[] = [];

  constructor(private current: RouterConfig) {}

  /** Deep-frozen; another object after each change. */
  get config(): RouterConfig {
    return this.current;
  }

  /** @param apply called once for each change in which one of the keys has another value */
  onChange(keys: readonly (keyof RouterConfig)[], apply: ApplyConfig): void {
    this.subscriptions.push({ keys, apply });
  }

  /** Puts other settings in the place of all, in one turn of the event loop. */
  replace(config: RouterConfig): void {
    const before = this.current;
    this.current = config;
    const differs = (key: keyof RouterConfig): boolean => !isSame(before[key], config[key]);
    for (const { keys, apply } of this.subscriptions) if (keys.some(differs)) apply(config);
  }
}

/** Settings are JSON: numbers, texts, lists. */
export function isSame(before: unknown, after: unknown): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}
