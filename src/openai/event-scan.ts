/** Server-sent events in bytes, as far as one who counts them needs to know. */

const LF = 0x0a;
const CR = 0x0d;
const DATA = [0x64, 0x61, 0x74, 0x61, 0x3a];
const EVENT = [0x65, 0x76, 0x65, 0x6e, 0x74, 0x3a];
const BLANK = 0x20;
const OPEN_BRACKET = 0x5b;
const LETTER_D = 0x44;
/** Names of events without a token: https://docs.anthropic.com/en/docs/build-with-claude/streaming */
const WITHOUT_TOKEN: ReadonlySet<string> = new Set([
  'message_start',
  'message_delta',
  'message_stop',
  'content_block_start',
  'content_block_stop',
  'ping',
  'error',
]);

/** @returns one past the blank line that ends an event, the first one after `from`; -1 where there is none */
export function endOfEvent(text: Buffer, from: number): number {
  let at = text.indexOf(LF, from);
  while (at >= 0) {
    const next = text[at + 1];
    if (next === LF) return at + 2;
    if (next === CR && text[at + 2] === LF) return at + 3;
    at = text.indexOf(LF, at + 1);
  }
  return -1;
}

/**
 * @param at where an event begins
 * @returns whether it is one of those that bring tokens: not the end of the stream, a comment, or news about the answer
 */
export function countsAsToken(text: Buffer, at: number): boolean {
  if (begins(text, at, DATA)) {
    const value = text[at + 5] === BLANK ? at + 6 : at + 5;
    // `[DONE]`
    return text[value] !== OPEN_BRACKET || text[value + 1] !== LETTER_D;
  }
  if (!begins(text, at, EVENT)) return false;
  const end = text.indexOf(LF, at);
  const name = text.toString('latin1', at + EVENT.length, end).trim();
  return name.startsWith('response.') ? name.endsWith('.delta') : !WITHOUT_TOKEN.has(name);
}

function begins(text: Buffer, at: number, letters: readonly number[]): boolean {
  for (let i = 0; i < letters.length; i++) if (text[at + i] !== letters[i]) return false;
  return true;
}
