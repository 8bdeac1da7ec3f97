const FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;
const EXTENSIONS =
  /^(?:[\t ]*;[\t ]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[\t ]*=[\t ]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\.)*"))?)+$/;

/** A field line without its end (RFC 9112 §5). */
export function isField(line: string): boolean {
  return FIELD.test(line);
}

/** A Content-Length that every reader takes for the same number (RFC 9110 §8.6). */
export function isLength(value: string): boolean {
  return /^\d{1,15}$/.test(value);
}

/** @returns undefined for what is no chunk size (RFC 9112 §7.1) */
export function readChunkSize(text: string): number | undefined {
  return /^[0-9A-Fa-f]{1,13}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** What stands between a chunk size and the end of its line (RFC 9112 §7.1.1). */
export function isChunkExtension(text: string): boolean {
  return EXTENSIONS.test(text);
}
