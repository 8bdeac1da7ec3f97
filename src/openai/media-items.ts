import { createHash } from 'node:crypto';
import type { GenerateApi } from './api.js';
import { elementsOf } from './json-array.js';
import {
  findMember,
  readJsonObject,
  readNestedObject,
  type JsonMember,
  type JsonObject,
} from './json-object.js';
import { textBytes } from './json-text.js';

/** Where an API keeps what is no text. */
interface MediaShape {
  /** The member of the body that lists messages. */
  readonly list: string;
  /** Members of a message that list content parts. */
  readonly parts: readonly string[];
  /** The type of a content part that holds parts as a message does. */
  readonly holder?: string;
  /** Types of content parts that are items, each with the member that holds its data. */
  readonly items: ReadonlyMap<string, string>;
}

/** Source: the APIs as vLLM serves them. A completion has a prompt of text, and generate has tokens. */
const SHAPES: Readonly<Partial<Record<GenerateApi, MediaShape>>> = {
  chat_completions: {
    list: 'messages',
    parts: ['content'],
    items: new Map(
      ['image_url', 'audio_url', 'video_url', 'input_audio'].map((name) => [name, name]),
    ),
  },
  messages: {
    list: 'messages',
    parts: ['content'],
    holder: 'tool_result',
    items: new Map([['image', 'source']]),
  },
  // The content of a message, and what a called function gave.
  responses: {
    list: 'input',
    parts: ['content', 'output'],
    items: new Map([['input_image', 'image_url']]),
  },
};

/** No name of a type is longer. */
const LONGEST_TYPE = 32;

/** @returns the member of the body that lists messages; undefined for an API that takes text alone */
export function messagesMemberOf(api: GenerateApi): string | undefined {
  return SHAPES[api]?.list;
}

/**
 * Finds what a request holds beside text: images, audio, video.
 *
 * An item that is named by a URL (a `data:` URL too) is found once, however often the request repeats it; one that lies
 * in the body in another form is found as often as it is there. Of a member that stands more than once the last one
 * counts, as for JSON parsers. What is not shaped as the API says is left to the engines, which refuse it.
 *
 * Time and memory are those of a scan: strings are jumped over, and nothing is copied, but for URLs with escapes.
 *
 * @param most items that are looked for
 * @returns content parts in the order of the request, each the very bytes of the client
 */
export function mediaItemsOf(api: GenerateApi, body: JsonObject, most: number): Buffer[] {
  const shape = SHAPES[api];
  const list = shape && findMember(body, shape.list);
  return list ? new Finder(shape, body.bytes, most).find(list) : [];
}

class Finder {
  private readonly found: Buffer[] = [];
  private readonly known = new KnownTexts();

  constructor(
    private readonly shape: MediaShape,
    private readonly bytes: Buffer,
    private readonly most: number,
  ) {}

  find({ valueStart, valueEnd }: JsonMember): Buffer[] {
    for (const { start, end } of elementsOf(this.bytes, valueStart, valueEnd)) {
      const message = this.object(start, end);
      if (message) this.lookInto(message);
      if (this.isFull) break;
    }
    return this.found;
  }

  private get isFull(): boolean {
    return this.found.length >= this.most;
  }

  /** @param isPart it is a part itself, and those in it hold no more */
  private lookInto(holder: JsonObject, isPart = false): void {
    for (const name of this.shape.parts) {
      const member = findMember(holder, name);
      if (!member) continue;
      for (const { start, end } of elementsOf(this.bytes, member.valueStart, member.valueEnd)) {
        if (this.isFull) return;
        const part = this.object(start, end);
        const type = part && this.typeOf(part);
        if (type === undefined) continue;
        if (type === this.shape.holder && !isPart) this.lookInto(part!, true);
        else this.take(part!, type);
      }
    }
  }

  private object(start: number, end: number): JsonObject | undefined {
    return this.bytes[start] === 0x7b ? readJsonObject(this.bytes, start, end) : undefined;
  }

  private take(part: JsonObject, type: string): void {
    const name = this.shape.items.get(type);
    const member = name === undefined ? undefined : findMember(part, name);
    if (!member) return;
    const url = urlOf(part, member);
    // A reference to what the engine has in its cache (vLLM's `uuid`) brings no data.
    if (url === null) return;
    // What the client calls by different names is cached under different names.
    const group = `${type} ${rawText(part, 'uuid')}`;
    if (url === undefined || this.known.add(group, url)) {
      this.found.push(this.bytes.subarray(part.start, part.end));
    }
  }

  /** vLLM takes a part that does not say its type for what its data is. */
  private typeOf(part: JsonObject): string | undefined {
    const member = findMember(part, 'type');
    if (!member) return [...this.shape.items.keys()].find((name) => findMember(part, name));
    if (member.valueEnd - member.valueStart > LONGEST_TYPE) return undefined;
    return textBytes(part, member)?.toString();
  }
}

/** @returns the URL that names an item; undefined when it lies in the body in another form, null when it is null */
function urlOf(part: JsonObject, member: JsonMember): Buffer | undefined | null {
  if (isNull(part, member)) return null;
  const text = textBytes(part, member);
  if (text) return text;
  const nested = readNestedObject(part, member);
  const url = nested && findMember(nested, 'url');
  if (!url) return undefined;
  return isNull(nested, url) ? null : textBytes(nested, url);
}

function isNull({ bytes }: JsonObject, { valueStart }: JsonMember): boolean {
  return bytes[valueStart] === 0x6e;
}

function rawText(part: JsonObject, name: string): string {
  const member = findMember(part, name);
  return member ? part.bytes.toString('latin1', member.valueStart, member.valueEnd) : '';
}

/** Texts that were seen. Long ones are compared by their digests, and those of a length that is not repeated not at all. */
class KnownTexts {
  private readonly groups = new Map<string, Buffer | Set<string>>();

  /** @returns false when the group has it already */
  add(group: string, text: Buffer): boolean {
    const key = `${text.length} ${group}`;
    const known = this.groups.get(key);
    if (known === undefined) {
      this.groups.set(key, text);
      return true;
    }
    const digests = known instanceof Set ? known : new Set([digestOf(known)]);
    this.groups.set(key, digests);
    const { size } = digests;
    return digests.add(digestOf(text)).size > size;
  }
}

function digestOf(text: Buffer): string {
  return createHash('sha256').update(text).digest('base64');
}
