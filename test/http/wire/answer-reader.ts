import { isField, isLength, readChunkSize } from './grammar.js';

/** An answer as a client understands it; texts are latin1. */
export interface ReadAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** False for one whose end is not there (yet). */
  readonly complete: boolean;
}

export interface AnswerReading {
  /** Final answers; the last one may be incomplete. */
  readonly answers: ReadAnswer[];
  readonly interim: number[];
  /** Set where bytes are no answer. */
  readonly problem?: string;
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * Reads all answers on a client's connection.
 *
 * @param text latin1
 * @param methods of the requests that were sent, in order; GET where there are no more
 * @param closed whether the connection is over, cleanly
 */
export function readAnswers(
  text: string,
  methods: readonly string[],
  closed: boolean,
): AnswerReading {
  const answers: ReadAnswer[] = [];
  const interim: number[] = [];
  let at = 0;
  while (at < text.length) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd < 0) {
      return /^HTTP\/1\.[01] |^H?T?T?P?$/.test(text.slice(at, at + 9))
        ? { answers, interim }
        : { answers, interim, problem: 'no status line' };
    }
    const [first = '', ...lines] = text.slice(at, headEnd).split('\r\n');
    const status = Number(STATUS_LINE.exec(first)?.[1]);
    if (!status || !lines.every(isField)) return { answers, interim, problem: 'malformed head' };
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    at = headEnd + 4;
    if (status < 200 && status !== 101) {
      interim.push(status);
      continue;
    }
    const toHead = methods[answers.length] === 'HEAD';
    const body = readBody(text, at, { fields, bodyless: toHead || isBodyless(status) }, closed);
    if (body === undefined) return { answers, interim, problem: 'malformed body' };
    answers.push({ status, fields, body: body.payload, complete: body.complete });
    if (!body.complete) break;
    at = body.end;
  }
  return { answers, interim };
}

/** The first value of a field. */
export function fieldOf(answer: Pick<ReadAnswer, 'fields'>, name: string): string | undefined {
  return answer.fields.find(([field]) => field.toLowerCase() === name)?.[1];
}

const isBodyless = (status: number): boolean => status < 200 || status === 204 || status === 304;

interface Body {
  payload: string;
  end: number;
  complete: boolean;
}

function readBody(
  text: string,
  at: number,
  head: Pick<ReadAnswer, 'fields'> & { bodyless: boolean },
  closed: boolean,
): Body | undefined {
  if (head.bodyless) return { payload: '', end: at, complete: true };
  const length = fieldOf(head, 'content-length');
  const coding = fieldOf(head, 'transfer-encoding');
  if (coding !== undefined) {
    if (length !== undefined || coding.toLowerCase() !== 'chunked') return undefined;
    return readChunks(text, at);
  }
  if (length === undefined) {
    return { payload: text.slice(at), end: text.length, complete: closed };
  }
  if (!isLength(length)) return undefined;
  const end = at + Number(length);
  return { payload: text.slice(at, end), end, complete: end <= text.length };
}

function readChunks(text: string, at: number): Body | undefined {
  let payload = '';
  for (;;) {
    const line = text.indexOf('\r\n', at);
    const cut = { payload, end: text.length, complete: false };
    if (line < 0) return cut;
    const size = readChunkSize(text.slice(at, line).replace(/[\t ]*;.*$/, ''));
    if (size === undefined) return undefined;
    at = line + 2;
    if (size === 0) break;
    payload += text.slice(at, at + size);
    at += size + 2;
    if (at > text.length) return { ...cut, payload };
  }
  for (;;) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return { payload, end: text.length, complete: false };
    const empty = line === at;
    at = line + 2;
    if (empty) return { payload, end: at, complete: true };
  }
}
