import { HeldBytes } from '../openai/held-bytes.js';
import type { JsonObject } from '../openai/json-object.js';
import { spliceMembers, spliceNested, type MemberEdit } from '../openai/json-splice.js';
import { nestedObject, rawValue, stringBody } from '../openai/json-value.js';
import { choicesOf, editedChoice, saysMoreThanText, tryReadObject } from './chat-choice.js';
import { judge, type Stitcher, type Verdict } from './stitcher.js';
import type { UsageSum } from './usage-sum.js';

const NOTHING = Buffer.alloc(0);
const QUOTE = Buffer.from('"');
/** A chunk that is longer is none. */
const MAX_HELD = 64 * 1024 * 1024;
/** Members that tell one answer from another: those of the first request stay. */
const IDENTITY = ['id', 'created'];

interface Read {
  readonly json: JsonObject;
  readonly choice: JsonObject;
  readonly message: JsonObject;
}

/** Answers in JSON: the last one, with the text of all and the token counts of all. */
export class WholeAnswer implements Stitcher {
  unfit: 'undivided' | undefined;
  private readonly held = new HeldBytes();
  private readonly identity = new Map<string, MemberEdit>();
  private begun = 0;
  private isLast = false;
  private last: Read | undefined;

  constructor(
    private readonly text: HeldBytes,
    private readonly usage: UsageSum,
  ) {}

  begin(isLast: boolean): void {
    this.isLast = isLast;
    this.held.clear();
    if (this.begun++ > 0) this.usage.next();
  }

  push(bytes: Buffer): Buffer {
    this.held.append(bytes);
    if (this.held.length > MAX_HELD) this.unfit = 'undivided';
    return NOTHING;
  }

  end(): { verdict: Verdict; output: Buffer } {
    // A copy: what is given out, or kept as the answer so far, outlives what is held.
    const bytes = Buffer.from(this.held.bytes);
    const read = readAnswer(bytes);
    // What is no such answer at all is the engine's own; but it is none that goes on.
    if (!read && this.isFirst) return { verdict: 'done', output: bytes };
    if (!read) return { verdict: 'broken', output: NOTHING };
    const verdict = this.take(read);
    if (verdict !== 'done') return { verdict, output: NOTHING };
    return { verdict, output: this.isFirst ? bytes : this.assemble(read) };
  }

  close(): Buffer {
    return this.assemble(this.last!);
  }

  private get isFirst(): boolean {
    return this.begun === 1;
  }

  private take(read: Read): Verdict {
    const { json, choice, message } = read;
    const content = stringBody(message, 'content') ?? NOTHING;
    const verdict = judge({
      finishReason: rawValue(choice, 'finish_reason')?.toString(),
      isFirst: this.isFirst,
      isLast: this.isLast,
      hasText: content.length > 0,
      saysMore: saysMoreThanText(message),
      isUnseen: true,
    });
    const usage = nestedObject(json, 'usage');
    if (usage) this.usage.add(usage);
    if (verdict === 'undivided') return verdict;
    this.text.append(content);
    if (this.isFirst) {
      for (const name of IDENTITY) this.identity.set(name, rawValue(json, name));
    }
    this.last = read;
    return verdict;
  }

  private assemble({ json, choice, message }: Read): Buffer {
    const content = Buffer.concat([QUOTE, this.text.bytes, QUOTE]);
    const edits = new Map<string, MemberEdit>();
    for (const [name, value] of this.identity) {
      if (value !== undefined && rawValue(json, name)) edits.set(name, value);
    }
    const usage = nestedObject(json, 'usage');
    const sum = usage && this.usage.over(usage);
    if (sum) edits.set('usage', sum);
    const said = spliceNested(message, new Map([['content', content]]));
    edits.set('choices', editedChoice(choice, new Map([['message', said]])));
    return Buffer.concat(spliceMembers(json, edits));
  }
}

function readAnswer(bytes: Buffer): Read | undefined {
  const json = tryReadObject(bytes);
  const choices = json ? choicesOf(json) : [];
  const choice = choices.length === 1 ? choices[0] : undefined;
  const message = choice && nestedObject(choice, 'message');
  return message && { json: json!, choice, message };
}
