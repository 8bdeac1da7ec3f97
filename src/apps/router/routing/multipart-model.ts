/** Where the value of a form's `model` stands in its bytes. */
export interface FormField {
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
}

const BOUNDARY = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;"]+))/i;
const NAMED_MODEL = /^content-disposition:\s*form-data\s*;(?:.*;)?\s*name="?model"?\s*(?:;|$)/im;
const HEAD_END = '\r\n\r\n';

/**
 * Finds the field `model` of a form, which uploads such as `/v1/audio/transcriptions` name their model in.
 *
 * @param contentType of the request
 * @returns undefined where it is no form, or has no such field
 * @see RFC 7578
 */
export function findModelField(bytes: Buffer, contentType: string): FormField | undefined {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const delimiter = `--${boundary}`;
  let at = bytes.indexOf(delimiter);
  while (at >= 0) {
    const head = at + delimiter.length;
    const headEnd = bytes.indexOf(HEAD_END, head);
    if (headEnd < 0) return undefined;
    const next = bytes.indexOf(`\r\n${delimiter}`, headEnd + HEAD_END.length - 2);
    if (next < 0) return undefined;
    if (NAMED_MODEL.test(bytes.toString('latin1', head, headEnd))) {
      return { start: headEnd + HEAD_END.length, end: next };
    }
    at = next + 2;
  }
  return undefined;
}
