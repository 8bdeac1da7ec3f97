/** @returns a function that gives the same numbers from 0 to 1 for the same seed (mulberry32) */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NUMBERS = ['0', '-0', '1.0', '1e400', '9007199254740993', '12345678901234567890', '0.1e-7'];
const STRINGS = ['', 'plain', 'quo\\"te', 'back\\\\', '\\u00e9', 'ünï', '{"a":[1,2]}', ',:[]{}'];
const BLANKS = ['', '', '', ' ', '\n', '\t ', '\r\n'];

const pick = <T>(from: readonly T[], random: () => number): T =>
  from[Math.floor(random() * from.length)]!;

const escaped = (text: string): string =>
  text.includes('\\') ? `"${text}"` : JSON.stringify(text);

/**
 * A random JSON object as text, with odd blanks, numbers that do not survive a parser, escapes, and
 * keys that may repeat (`names` are used beside random ones).
 */
export function arbitraryJson(random: () => number, names: readonly string[] = []): string {
  return object(random, names, 0);
}

function object(random: () => number, names: readonly string[], depth: number): string {
  const count = Math.floor(random() * 6);
  const members = Array.from({ length: count }, () => {
    const name =
      names.length > 0 && random() < 0.6 ? pick(names, random) : `k${Math.floor(random() * 9)}`;
    const blank = (): string => pick(BLANKS, random);
    return `${blank()}"${name}"${blank()}:${blank()}${value(random, depth + 1)}${blank()}`;
  });
  return `{${members.join(',') || pick(BLANKS, random)}}`;
}

function value(random: () => number, depth: number): string {
  const kind = Math.floor(random() * (depth > 4 ? 4 : 6));
  if (kind === 0) return pick(NUMBERS, random);
  if (kind === 1) return escaped(pick(STRINGS, random));
  if (kind === 2) return pick(['true', 'false', 'null'], random);
  if (kind === 3) return String(Math.floor(random() * 1e9));
  if (kind === 4) return object(random, [], depth);
  const count = Math.floor(random() * 4);
  return `[${Array.from({ length: count }, () => value(random, depth + 1)).join(',')}]`;
}
