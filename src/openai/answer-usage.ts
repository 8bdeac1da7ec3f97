/** What an answer says of the tokens that it took; a count that it does not tell is undefined. */
export interface TokenUsage {
  /** Of the prompt, those that came from a cache included. */
  prompt: number | undefined;
  completion: number | undefined;
  /** Of the prompt, from a prefix cache. */
  cached: number | undefined;
}

/** Without its first quote: a search that begins with what every line is full of takes eight times as long. */
const USAGE = Buffer.from('usage"');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** No usage is longer. */
const MAX_USAGE = 4096;
/** A count beyond is none. */
const MOST = 1e12;

/** @returns where the next `usage"` begins, -1 for nowhere */
export function findUsage(bytes: Buffer, from: number): number {
  return bytes.indexOf(USAGE, from);
}

/**
 * Reads the last `usage` object that stands in these bytes and tells a count, whatever is around it: that of the chat,
 * completions, responses, embeddings and messages APIs, in an answer or in an event.
 *
 * Text cannot imitate one: its quotes are escaped.
 *
 * @param usage gets the counts that are told; others stay as they are
 * @returns whether there is one
 */
export function readUsage(bytes: Buffer, from: number, to: number, usage: TokenUsage): boolean {
  let at = bytes.lastIndexOf(USAGE, to - 1);
  while (at > from) {
    const object = objectAt(bytes, at, to);
    if (object && take(object, usage)) return true;
    at = bytes.lastIndexOf(USAGE, at - 1);
  }
  return false;
}

function objectAt(bytes: Buffer, at: number, to: number): Record<string, unknown> | undefined {
  if (bytes[at - 1] !== QUOTE || bytes[at - 2] === BACKSLASH) return undefined;
  let start = skipBlanks(bytes, at + USAGE.length);
  if (bytes[start] !== COLON) return undefined;
  start = skipBlanks(bytes, start + 1);
  if (bytes[start] !== OPEN_BRACE) return undefined;
  let depth = 0;
  const limit = Math.min(to, start + MAX_USAGE);
  for (let i = start; i < limit; i++) {
    const byte = bytes[i];
    if (byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACE && --depth === 0)
      return parse(bytes.toString('utf8', start, i + 1));
  }
  return undefined;
}

function skipBlanks(bytes: Buffer, at: number): number {
  let i = at;
  while (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0a || bytes[i] === 0x0d) i++;
  return i;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function take(object: Record<string, unknown>, usage: TokenUsage): boolean {
  const details = object['prompt_tokens_details'] ?? object['input_tokens_details'];
  const cacheRead = count(object['cache_read_input_tokens']);
  const input = count(object['input_tokens']);
  // Anthropic counts what came from its cache apart.
  const prompt =
    count(object['prompt_tokens']) ??
    (input === undefined
      ? undefined
      : input + (cacheRead ?? 0) + (count(object['cache_creation_input_tokens']) ?? 0));
  const completion = count(object['completion_tokens']) ?? count(object['output_tokens']);
  const cached = cacheRead ?? count((details as Record<string, unknown> | null)?.['cached_tokens']);
  usage.prompt = prompt ?? usage.prompt;
  usage.completion = completion ?? usage.completion;
  usage.cached = cached ?? usage.cached;
  return prompt !== undefined || completion !== undefined;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < MOST
    ? (value as number)
    : undefined;
}
