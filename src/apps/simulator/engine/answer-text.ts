import type { TextPrint } from './fingerprint.js';

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

function startOf(kv: number, seed: string): number {
  let state = (kv % 0xffffffff) ^ Math.floor(kv / 2 ** 32) ^ 0x9e3779b9;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193);
  return next(state | 1);
}

/**
 * The answer that follows from a prompt's KV: the same KV and seed give the same text. With the prompt's print each token
 * follows from all text before it, as a model's do: who asks for an answer in pieces gets the same one.
 */
export class AnswerText {
  private state: number;
  /** Keeps texts apart that follow from another KV than their prompt's. */
  private readonly foreign: number;

  /** @param kv the fingerprint of the KV, @param seed whatever else sampling depends on */
  constructor(
    kv: number,
    private readonly seed: string,
    private readonly print?: TextPrint,
  ) {
    this.state = startOf(kv, seed);
    this.naturalLength = SHORTEST + (this.state % SPREAD);
    this.foreign = print === undefined || print.value === kv ? 0 : this.state;
  }

  /** How many tokens it has when no limit was asked for. */
  readonly naturalLength: number;

  /** The text of the next token. */
  next(): string {
    const { print } = this;
    if (print) this.state = (startOf(print.value, this.seed) ^ this.foreign) >>> 0 || 1;
    this.state = next(this.state);
    const text = ` ${WORDS[(this.state >>> 4) % WORDS.length]!}`;
    print?.add(text);
    return text;
  }
}
