import type { RouterConfig } from './router.settings.js';

/** What the router was told; the class is the injection token. */
export class RouterOptions {
  constructor(readonly config: RouterConfig) {}
}
