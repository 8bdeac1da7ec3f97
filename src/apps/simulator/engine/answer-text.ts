/** Words of three letters: with its blank, each is one token. */
const WORDS = (
  'the red fox ran far and big sky has not yet one sun but cat dog map sea ice oak owl bee ant ' +
  'box cup jar key lid log mud net oil pan pen pig ram row rug saw tin top toy van war wax web yak ' +
  'zoo arm bar bat bed bit bow bus can cap car cow cut day den dew dot dry ear egg elm end eye fan'
).split(' ');

/** Tokens of an answer that nothing limits. */
const SHORTEST = 24;
const SPREAD = 64;

/** The next number of a xorshift generator; never 0. */
function next(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x >>> 0;
}

/** The answer that follows from a prompt's KV: the same KV and seed give the same text. */
export class AnswerText {
  private state: number;

  /** @param kv the fingerprint of the KV, @param seed whatever else sampling depends on */
  constructor(kv: number, seed: string) {
    this.state = (kv % 0xffffffff) ^ Math.floor(kv / 2 ** 32) ^ 0x9e3779b9;
    for (const byte of Buffer.from(seed)) this.state = Math.imul(this.state ^ byte, 0x01000193);
    this.state = next(this.state | 1);
    this.naturalLength = SHORTEST + (this.state % SPREAD);
  }

  /** How many tokens it has when no limit was asked for. */
  readonly naturalLength: number;

  /** The text of the next token. */
  next(): string {
    this.state = next(this.state);
    return ` ${WORDS[(this.state >>> 4) % WORDS.length]!}`;
  }
}
