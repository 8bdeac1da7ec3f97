import * as z from 'zod';
import type { InferenceRequest } from '../inference-request.js';
import { definePlugin } from '../plugin-definition.js';
import type { Producer } from '../plugin.js';
import type { RequestSession } from '../session.js';

const parameters = z
  .strictObject({
    headerName: z
      .string()
      .trim()
      .min(1)
      .optional()
      .describe('The header that names the session; x-session-id where no cookie is named either.'),
    cookieName: z.string().trim().min(1).optional().describe('The cookie that names it.'),
  })
  .refine(({ headerName, cookieName }) => headerName === undefined || cookieName === undefined, {
    error: 'name a header or a cookie, not both',
    path: ['cookieName'],
  });

type Parameters = z.output<typeof parameters>;

const DEFAULT_HEADER = 'x-session-id';

/** Finds out to which session a request belongs. */
class SessionIdProducer implements Producer {
  private readonly header: string;
  private readonly cookie: string | undefined;

  constructor(
    private readonly name: string,
    { headerName, cookieName }: Parameters,
  ) {
    this.header =
      cookieName === undefined ? (headerName ?? DEFAULT_HEADER).toLowerCase() : 'cookie';
    this.cookie = cookieName;
  }

  produce(request: InferenceRequest): void {
    const value = request.headers.get(this.header);
    if (value === undefined) return;
    const id = (this.cookie === undefined ? value : cookieIn(value, this.cookie)).trim();
    if (id === '') return;
    const session: RequestSession = { id };
    request.attributes.set(this.name, session);
  }
}

/** @returns '' where the `Cookie` header has none of this name (RFC 6265, 5.4) */
function cookieIn(header: string, name: string): string {
  for (const pair of header.split(/[;,]/)) {
    const at = pair.indexOf('=');
    if (at >= 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1);
  }
  return '';
}

export const sessionIdProducer = definePlugin({
  type: 'session-id-producer',
  kinds: ['producer'],
  summary: 'Finds out to which session a request belongs, by a header or a cookie.',
  parameters,
  create: (given: Parameters, { name }) => new SessionIdProducer(name, given),
});
