import { elementsOf } from './json-array.js';
import { findMember, readJsonObject, type JsonObject } from './json-object.js';

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Members that hold a prompt where there are no messages, in order. */
const PROMPTS = ['prompt', 'input', 'text'] as const;

/** Pieces are put together here: what is read of it is read before the next text. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The contents of the messages one after another, or the prompt: what is in a KV cache afterwards, nearly.
 *
 * It is for comparing and counting, not for reading: its characters are the bytes of the text as JSON spells it, so that
 * nothing is decoded of a long prompt. What `JSON.stringify` would spell otherwise is spelled as it would, so that one
 * text is the same whoever sent it.
 *
 * @param most characters that are wanted
 * @returns '' where there is none
 */
export function promptText(body: JsonObject, most: number): string {
  const pieces = new Pieces(body.bytes, most);
  const messages = findMember(body, 'messages');
  if (messages && body.bytes[messages.valueStart] === OPEN_BRACKET) {
    pieces.addAll(messages.valueStart, messages.valueEnd);
    return pieces.text();
  }
  for (const name of PROMPTS) {
    const member = findMember(body, name);
    if (member && pieces.addPrompt(member.valueStart, member.valueEnd)) return pieces.text();
  }
  return '';
}

/** Stretches of a body that make up a text. */
class Pieces {
  /** Start and end of each, in turns. */
  private readonly bounds: number[] = [];
  private size = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly most: number,
  ) {}

  /** @returns whether it is of a kind that holds a prompt */
  addPrompt(start: number, end: number): boolean {
    const first = this.bytes[start];
    if (first === QUOTE) this.add(start + 1, end - 1);
    else if (first === OPEN_BRACKET) this.addAll(start, end);
    return first === QUOTE || first === OPEN_BRACKET;
  }

  /** Elements of an array: messages, parts of them, texts; or the array as it is, where it holds token ids. */
  addAll(start: number, end: number): void {
    const { bytes } = this;
    for (const element of elementsOf(bytes, start, end)) {
      const first = bytes[element.start];
      if (first === QUOTE) this.add(element.start + 1, element.end - 1);
      else if (first === OPEN_BRACE) this.addContent(element.start, element.end);
      else return this.add(start + 1, end - 1);
      if (this.size >= this.most) return;
    }
  }

  text(): string {
    const { bytes, bounds } = this;
    if (bounds.length === 0) return '';
    let size = 0;
    // Where the next escapes stand that `JSON.stringify` would not write: each found once for all pieces before it.
    let unicode = -1;
    let slash = -1;
    for (let i = 0; i < bounds.length; i += 2) {
      const start = bounds[i]!;
      const end = bounds[i + 1]!;
      if (unicode < start) unicode = nextOf('\\u', bytes, start);
      if (slash < start) slash = nextOf('\\/', bytes, start);
      if (unicode < end || slash < end) size = append(respelled(bytes.subarray(start, end)), size);
      else if (bounds.length === 2) return bytes.toString('latin1', start, end);
      else size = append(bytes.subarray(start, end), size);
    }
    return scratch.toString('latin1', 0, size);
  }

  private addContent(start: number, end: number): void {
    const { bytes } = this;
    const message = readJsonObject(bytes, start, end);
    const content = findMember(message, 'content');
    if (content && this.addPrompt(content.valueStart, content.valueEnd)) return;
    const text = findMember(message, 'text');
    if (text && bytes[text.valueStart] === QUOTE) this.add(text.valueStart + 1, text.valueEnd - 1);
  }

  private add(start: number, end: number): void {
    const size = Math.min(end - start, this.most - this.size);
    if (size <= 0) return;
    this.bounds.push(start, start + size);
    this.size += size;
  }
}

/** @returns Infinity where it stands nowhere from `from` on */
function nextOf(escape: string, bytes: Buffer, from: number): number {
  const at = bytes.indexOf(escape, from, 'latin1');
  return at < 0 ? Infinity : at;
}

/** @param piece of a string; one that was cut within an escape, or is no JSON, stays as it is */
function respelled(piece: Buffer): Buffer {
  try {
    const text = JSON.stringify(JSON.parse(`"${piece.toString()}"`));
    return Buffer.from(text.slice(1, -1));
  } catch {
    return piece;
  }
}

/** @returns bytes of the scratch memory that are used then */
function append(piece: Buffer, at: number): number {
  const end = at + piece.length;
  if (end > scratch.length) {
    const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(end)));
    scratch.copy(larger, 0, 0, at);
    scratch = larger;
  }
  scratch.set(piece, at);
  return end;
}
