import type { IncomingMessage } from 'node:http';

/**
 * The values of all lines of a header field, as they were sent.
 *
 * Node's `headers` joins lines or keeps only the first one; its `headersDistinct` sorts every field
 * of the request to tell one.
 *
 * @param name in lower case
 */
export function headerLines({ headers, rawHeaders }: IncomingMessage, name: string): string[] {
  const lines: string[] = [];
  if (headers[name] === undefined) return lines;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = rawHeaders[i]!;
    if (field.length === name.length && field.toLowerCase() === name)
      lines.push(rawHeaders[i + 1]!);
  }
  return lines;
}
