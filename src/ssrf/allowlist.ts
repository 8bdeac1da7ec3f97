import type { Target } from '../endpoint/target.js';

/** Which targets requests may name; the class is the injection token. */
export abstract class Allowlist {
  /** Synchronous: it stands in the way of every disaggregated request. */
  abstract allows(target: Target): boolean;
}

/** Protection is off (the default): every target that parses is allowed. */
export class AllowAll extends Allowlist {
  override allows(): boolean {
    return true;
  }
}
