import { wordOf } from './tokens.js';

const WORD = 4;

/** Two lanes of 32 bits that mix one word after another; together they name all words so far. */
export class Fingerprint {
  private low = 0x811c9dc5;
  private high = 0x9747b28c;

  constructor(salt: string) {
    for (const byte of Buffer.from(salt)) this.mix(byte);
  }

  copy(): Fingerprint {
    const copy = new Fingerprint('');
    copy.low = this.low;
    copy.high = this.high;
    return copy;
  }

  mix(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.low ^= this.low >>> 15;
    this.high = Math.imul((this.high + word) ^ (this.high >>> 13), 0x5bd1e995);
  }

  /** Below 2^53. */
  get value(): number {
    return (this.low >>> 0) * 0x200000 + ((this.high >>> 0) & 0x1fffff);
  }
}

/** The fingerprint of a text that goes on, wherever it is cut into a prompt and an answer. */
export class TextPrint {
  private open: number[];

  /** @param print of all whole tokens, @param open bytes of one that is not whole */
  constructor(
    private readonly print: Fingerprint,
    open: readonly number[],
  ) {
    this.open = [...open];
  }

  add(text: string): void {
    const bytes = [...this.open, ...Buffer.from(text)];
    let at = 0;
    for (; at + WORD <= bytes.length; at += WORD) {
      this.print.mix(wordOf(bytes.slice(at, at + WORD)));
    }
    this.open = bytes.slice(at);
  }

  /** What a prompt of this text has as its KV. */
  get value(): number {
    if (this.open.length === 0) return this.print.value;
    const whole = this.print.copy();
    whole.mix(wordOf(this.open));
    return whole.value;
  }
}
