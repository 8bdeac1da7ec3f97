import type { Piece, Session } from './trace.js';

const CHARACTERS_A_TOKEN = 4;
const WORDS =
  'a the of router cache prefix token worker answer request stream model turn that which holds sends keeps prefill decode longest'.split(
    ' ',
  );
const known = new Map<string, string>();

/** The text of a piece: words without end, another row of them for each seed. */
export function textOf({ seed, tokens }: Piece): string {
  const key = `${seed} ${tokens}`;
  let text = known.get(key);
  if (text !== undefined) return text;
  const length = tokens * CHARACTERS_A_TOKEN;
  const parts = [`${seed.toString(36)}:`];
  let state = seed;
  for (let size = 8; size < length + 8;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const word = WORDS[(state >>> 16) % WORDS.length] as string;
    parts.push(word);
    size += word.length + 1;
  }
  text = parts.join(' ').slice(0, length);
  known.set(key, text);
  return text;
}

/** The messages that a turn sends, in order; the first ones are the system's. */
export function messagesOf(session: Session, turn: number): { role: string; content: string }[] {
  const messages = session.shared.map((piece) => ({ role: 'system', content: textOf(piece) }));
  session.turns.slice(0, turn + 1).forEach(({ asks, answer }, i) => {
    messages.push({ role: 'user', content: textOf(asks) });
    if (i < turn) messages.push({ role: 'assistant', content: textOf(answer) });
  });
  return messages;
}
