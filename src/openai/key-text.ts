/** Keys that every request has are short; others are decoded each time. */
const MAX_LENGTH = 32;
const SLOTS = 512;

/** The key seen last in each slot. */
const known: string[] = new Array<string>(SLOTS).fill('');

/**
 * The text of an object's key. The same few keys come with every request and every answer: those are found by their
 * bytes, without a call into V8 and a new string for each.
 *
 * @param start of the key, behind its quote; @param end one past its last byte
 */
export function keyText(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > MAX_LENGTH || length === 0) return bytes.toString('utf8', start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = (hash * 31 + bytes[at]!) | 0;
  const slot = hash & (SLOTS - 1);
  const text = known[slot]!;
  if (text.length === length && isAt(bytes, start, text)) return text;
  const decoded = bytes.toString('utf8', start, end);
  // Only ASCII is as long as its bytes.
  if (decoded.length === length) known[slot] = decoded;
  return decoded;
}

function isAt(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
