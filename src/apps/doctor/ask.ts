import { reasonOf } from '../../config/config-error.js';

/** A worker's answer, or why there is none. */
export interface Answer {
  /** 0: there is none. */
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** Its clock at that time, in milliseconds since 1970; undefined where it does not tell. */
  readonly clock: number | undefined;
  readonly fault: string | undefined;
}

export interface Question {
  readonly path: string;
  /** Makes it a POST of JSON. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without the key. */
  readonly anonymous?: boolean;
}

export type Ask = (question: Question) => Promise<Answer>;

const MAX_TEXT = 4 * 1024 * 1024;

/** @returns how to ask a worker; never rejects, and never takes longer than that */
export function asker(url: string, key: string | undefined, timeoutMs: number): Ask {
  return async ({ path, body, headers = {}, anonymous = false }) => {
    const authorization = key === undefined || anonymous ? {} : { authorization: `Bearer ${key}` };
    try {
      const response = await fetch(url + path, {
        method: body ? 'POST' : 'GET',
        headers: { 'content-type': 'application/json', ...authorization, ...headers },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = (await response.text()).slice(0, MAX_TEXT);
      const clock = Date.parse(response.headers.get('date') ?? '');
      const type = response.headers.get('content-type') ?? '';
      const known = Number.isNaN(clock) ? undefined : clock;
      return { status: response.status, type, text, clock: known, fault: undefined };
    } catch (error) {
      return { status: 0, type: '', text: '', clock: undefined, fault: faultOf(error) };
    }
  };
}

/** What fetch says is that it failed; why stands beneath. */
function faultOf(error: unknown): string {
  const { cause, name } = error as { cause?: unknown; name?: string };
  if (name === 'TimeoutError') return 'no answer in time';
  return reasonOf(cause ?? error) || String((cause as { code?: string }).code);
}

/** @returns a member of a JSON object; undefined where the text is none */
export function memberOf(text: string, name: string): unknown {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    return value?.[name];
  } catch {
    return undefined;
  }
}
