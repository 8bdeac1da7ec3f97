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

/** @returns what becomes of an answer that another worker's may take the place of */
export function judged(isReplaced: boolean): PayloadTransform {
  return isReplaced ? new Refused() : new HeldHead();
}
