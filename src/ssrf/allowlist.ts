import type { Target } from '../endpoint/target.js';

/** Why a target is refused; stands in the log. */
export type DenialReason =
  | 'not in the allowlist'
  | 'not a port of the pool'
  | 'the allowlist is not filled yet'
  | 'the allowlist is too old'
  | 'the name does not resolve'
  | 'too many names are being resolved'
  | 'the name resolves to an address that is not in the allowlist';

export type Verdict =
  /** `target` is what may be dialled: a name has become the addresses that were checked. */
  | { readonly allowed: true; readonly target: Target }
  | { readonly allowed: false; readonly reason: DenialReason };

/** Which targets requests may name; the class is the injection token. */
export abstract class Allowlist {
  /** @returns at once for addresses and pod names; other names are resolved first */
  abstract check(target: Target): Verdict | Promise<Verdict>;

  /** Whether a target that {@link check} let through may still be dialled; never resolves. */
  abstract stillAllows(target: Target): boolean;
}

/** Protection is off (the default): every target that parses is allowed. */
export class AllowAll extends Allowlist {
  override check(target: Target): Verdict {
    return { allowed: true, target };
  }

  override stillAllows(): boolean {
    return true;
  }
}
