import type { HeldBytes } from '../openai/held-bytes.js';
import { findMember, type JsonObject } from '../openai/json-object.js';
import { spliceMembers, spliceNested, type MemberEdit } from '../openai/json-splice.js';
import { nestedObject, rawValue, stringBody } from '../openai/json-value.js';
import { choicesOf, editedChoice, saysMoreThanText, tryReadObject } from './chat-choice.js';
import { dataOf } from './event-data.js';
import { EventSplitter } from './event-splitter.js';
import { judge, type Stitcher, type Verdict } from './stitcher.js';
import type { UsageSum } from './usage-sum.js';

const NOTHING = Buffer.alloc(0);
const DONE = Buffer.from('data: [DONE]\n\n');
const EMPTY_LINE = Buffer.from('\n\n');
/** An event that is longer is none, and a stream that has no text by then is none that goes on. */
const MAX_HELD = 1024 * 1024;
/** Members that tell one answer from another: those of the first request stay. */
const IDENTITY = ['id', 'created'];

type Edits = Map<string, MemberEdit>;

/** What is looked at in an event. */
interface ReadEvent {
  readonly json: JsonObject;
  readonly choice: JsonObject;
  readonly delta: JsonObject | undefined;
  readonly edits: Edits;
}

/** Answers as streams of events: each as it comes, under the first one's name, without what tells that there are several. */
export class EventAnswer implements Stitcher {
  unfit: 'undivided' | 'broken' | undefined;
  private readonly splitter = new EventSplitter();
  private readonly identity = new Map<string, string>();
  private output: Buffer[] = [];
  /** The client gets nothing before it is certain that it can get all of it. */
  private isUnseen = true;
  /** Bytes that came before that. */
  private withheld = 0;
  private begun = 0;
  private isLast = false;
  private hasText = false;
  private saysMore = false;
  /** The engine says in the stream that it failed. */
  private failed = false;
  /** The running request's answer ended in due form, whatever it says. */
  private saysDone = false;
  private finishReason: string | undefined;
  /** Events that end an answer, of the last chunk that had such: what the client gets when no chunk can follow. */
  private finish: Buffer | undefined;
  private usageEvent: Buffer | undefined;

  constructor(
    private readonly text: HeldBytes,
    private readonly usage: UsageSum,
  ) {}

  begin(isLast: boolean): void {
    if (this.begun++ > 0) this.usage.next();
    this.isLast = isLast;
    this.hasText = false;
    this.saysDone = false;
    this.finishReason = undefined;
  }

  push(bytes: Buffer): Buffer {
    for (const event of this.splitter.push(bytes)) this.take(event);
    if (this.isUnseen) this.withheld += bytes.length;
    if (this.splitter.pending > MAX_HELD || (this.isUnseen && this.withheld > MAX_HELD)) {
      this.leave();
    }
    return this.given();
  }

  end(): { verdict: Verdict; output: Buffer } {
    const rest = this.splitter.end();
    if (rest.length > 0) this.take(rest);
    if (this.unfit) return { verdict: this.unfit, output: NOTHING };
    const { verdict } = this;
    // Such a stream is as good as cut: of a first one, the client sees it.
    if (verdict === 'done' && !this.isFirst && !this.isInDueForm) {
      return { verdict: 'broken', output: this.given() };
    }
    if (verdict === 'done') this.isUnseen = false;
    // Else the next chunk's first event would be a part of it.
    else if (rest.length > 0) this.output.push(EMPTY_LINE);
    return { verdict, output: this.given() };
  }

  close(): Buffer {
    this.isUnseen = false;
    for (const event of [this.finish, this.usageEvent, DONE]) if (event) this.output.push(event);
    return this.given();
  }

  private get isFirst(): boolean {
    return this.begun === 1;
  }

  private get isInDueForm(): boolean {
    return this.finishReason !== undefined || this.saysDone || this.failed;
  }

  private get verdict(): Verdict {
    if (this.failed) return 'done';
    const { finishReason, isFirst, isLast, hasText, saysMore, isUnseen } = this;
    return judge({ finishReason, isFirst, isLast, hasText, saysMore, isUnseen });
  }

  private given(): Buffer {
    if (this.isUnseen || this.output.length === 0) return NOTHING;
    return this.output.length === 1 ? this.output.pop()! : Buffer.concat(this.output.splice(0));
  }

  /** There is no going on from here. */
  private leave(): void {
    this.saysMore = true;
    this.unfit = this.isUnseen ? 'undivided' : 'broken';
  }

  private take(event: Buffer): void {
    const [data, ...more] = dataOf(event);
    if (!data) return void this.output.push(event);
    const text = event.toString('latin1', data.start, data.end).trim();
    if (text === '[DONE]') {
      this.saysDone = true;
      if (this.verdict === 'done') this.output.push(event);
      return;
    }
    // Lines of data, or events that end with CR alone, as no engine writes them.
    if (more.length > 0 || text.includes('\r')) return this.takeUnknown(event);
    const json = tryReadObject(event, data.start, data.end);
    if (!json) return void this.output.push(event);
    if ((rawValue(json, 'error')?.toString() ?? 'null') !== 'null') {
      this.failed = true;
      this.isUnseen = false;
      return void this.output.push(event);
    }
    const choices = choicesOf(json);
    const edits = this.identityEdits(json);
    if (choices.length === 1) this.takeChoice(json, choices[0]!, edits);
    else if (choices.length === 0) this.takeUsage(json, edits);
    else this.takeUnknown(event);
  }

  /** What it says may be text, which must not be missing where a chunk follows. */
  private takeUnknown(event: Buffer): void {
    if (this.isLast) this.output.push(event);
    else this.leave();
  }

  private identityEdits(json: JsonObject): Edits {
    const edits: Edits = new Map();
    for (const name of IDENTITY) {
      const value = rawValue(json, name);
      if (value === undefined) continue;
      const first = this.identity.get(name);
      if (first === undefined) this.identity.set(name, value.toString());
      else if (!this.isFirst) edits.set(name, first);
    }
    return edits;
  }

  /** An event without a choice: the token counts, at the end of a chunk. */
  private takeUsage(json: JsonObject, edits: Edits): void {
    const counts = this.count(json, edits);
    const event = edited(json, edits);
    if (counts && this.verdict !== 'done') this.usageEvent = event;
    else this.output.push(event);
  }

  private takeChoice(json: JsonObject, choice: JsonObject, edits: Edits): void {
    const delta = nestedObject(choice, 'delta');
    const content = (delta && stringBody(delta, 'content')) ?? NOTHING;
    this.text.append(content);
    this.hasText ||= content.length > 0;
    const finishReason = rawValue(choice, 'finish_reason')?.toString() ?? 'null';
    if (finishReason !== 'null') this.finishReason = finishReason;
    if (delta && saysMoreThanText(delta)) {
      this.saysMore = true;
      const isOver = this.finishReason !== undefined && this.verdict === 'done';
      if (this.isUnseen && !isOver) return this.leave();
    }
    this.count(json, edits);
    const read = { json, choice, delta, edits };
    if (finishReason === 'null') this.pass(read, content);
    else this.takeFinish(read, content);
    if (this.hasText) this.isUnseen = false;
  }

  /** A part of the answer. Who speaks is said once. */
  private pass({ json, choice, delta, edits }: ReadEvent, content: Buffer): void {
    const opens = !this.isFirst && delta !== undefined && findMember(delta, 'role') !== undefined;
    if (opens && content.length === 0) return;
    if (opens) edits.set('choices', editedChoice(choice, new Map([['delta', withoutRole(delta)]])));
    this.output.push(edited(json, edits));
  }

  /** The end of a chunk, of which the client is not told where another one follows. */
  private takeFinish({ json, choice, delta, edits }: ReadEvent, content: Buffer): void {
    const role: Edits = new Map();
    if (!this.isFirst && delta && findMember(delta, 'role')) {
      role.set('delta', withoutRole(delta));
    }
    if (this.verdict === 'done') {
      this.isUnseen = false;
      if (role.size > 0) edits.set('choices', editedChoice(choice, role));
      return void this.output.push(edited(json, edits));
    }
    const silent = editedChoice(choice, new Map([['delta', '{"content":""}']]));
    this.finish = edited(json, new Map([...edits, ['choices', silent]]));
    if (content.length === 0) return;
    const going: Edits = new Map([...role, ['finish_reason', 'null'], ['stop_reason', undefined]]);
    edits.set('choices', editedChoice(choice, going));
    this.output.push(edited(json, edits));
  }

  /** @returns whether the event counts tokens */
  private count(json: JsonObject, edits: Edits): boolean {
    const usage = nestedObject(json, 'usage');
    if (!usage) return false;
    this.usage.add(usage);
    const sum = this.usage.over(usage);
    if (sum) edits.set('usage', sum);
    return true;
  }
}

function withoutRole(delta: JsonObject): Buffer {
  return spliceNested(delta, new Map([['role', undefined]]));
}

/** The whole event, with the lines around its data. */
function edited(json: JsonObject, edits: Edits): Buffer {
  return edits.size === 0 ? json.bytes : Buffer.concat(spliceMembers(json, edits));
}
