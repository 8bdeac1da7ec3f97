import type { PayloadTransform } from '../../../openai/payload-transform.js';

const NOTHING = Buffer.alloc(0);

/** Nothing of the answer goes out: another worker is asked. */
class Refused implements PayloadTransform {
  readonly whole = true;
  readonly refused = true;
  push(): Buffer {
    return NOTHING;
  }
  end(): Buffer {
    return NOTHING;
  }
}

/** The head waits for the first byte behind it: a worker that dies in between can still be replaced. */
class HeldHead implements PayloadTransform {
  whole = true;
  readonly refused = false;
  readonly keepsLength = true;

  push(bytes: Buffer): Buffer {
    if (!this.whole) return bytes;
    this.whole = false;
    // A copy: what is given out with a head is not to be the bytes that came in.
    return Buffer.from(bytes);
  }

  end(): Buffer {
    return NOTHING;
  }
}

/** The same of an answer that is changed on its way. */
class HeldChange implements PayloadTransform {
  private isHeld = true;

  constructor(private readonly change: PayloadTransform) {}

  get whole(): boolean {
    return this.isHeld || this.change.whole;
  }

  get refused(): boolean {
    return this.change.refused ?? false;
  }

  push(bytes: Buffer): Buffer {
    const changed = this.change.push(bytes);
    if (!this.isHeld || changed.length === 0) return changed;
    this.isHeld = false;
    return Buffer.from(changed);
  }

  end(): Buffer {
    return this.change.end();
  }
}

/**
 * @param change that is made to it, where one is
 * @returns what becomes of an answer that another worker's may take the place of
 */
export function judged(isReplaced: boolean, change?: PayloadTransform): PayloadTransform {
  if (isReplaced) return new Refused();
  return change ? new HeldChange(change) : new HeldHead();
}
