const SYLLABLES = 'ba ce di fo gu ka le mi no pu ra se ti vo xu za'.split(' ');

/** Text that nobody has asked before, of so many words, the same in every run of a seed. */
export function textOf(seed: number, words: number): string {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
  const word = (): string => {
    const length = 1 + (next() % 3);
    return Array.from({ length }, () => SYLLABLES[next() % SYLLABLES.length]).join('');
  };
  return Array.from({ length: words }, word).join(' ');
}
