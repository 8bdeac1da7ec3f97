import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { RouterConfig } from '../router.settings.js';

type Fields = Record<string, OutgoingHttpHeader> | OutgoingHttpHeader[];
type WriteHead = (status: number, ...rest: (string | Fields)[]) => ServerResponse;

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const SHOWN = 'X-Request-Id, X-Router-Decision, Retry-After';
const PREFLIGHT_SECONDS = '600';
const OF_CORS = /^access-control-/i;

/**
 * Which web pages may call: those of `--cors-allowed-origins`, whatever workers say of it. Only requests with an
 * Origin are looked at: browsers send it with each request whose answer a page of another origin would read.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export class Cors {
  constructor(
    private readonly options: { readonly config: Pick<RouterConfig, 'corsAllowedOrigins'> },
  ) {}

  /** @returns whether it was a preflight, which is answered now */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (origin === undefined) return false;
    const { corsAllowedOrigins: origins } = this.options.config;
    const own: string[] = [];
    const isAllowed = origins.includes(origin) || origins.includes('*');
    if (isAllowed) own.push('Access-Control-Allow-Origin', origin);
    if (origins.length > 0) own.push('Vary', 'Origin');
    if (origins.length > 0 && isPreflight(request)) {
      if (isAllowed) own.push(...permission(request));
      response.writeHead(204, own).end();
      return true;
    }
    if (isAllowed) own.push('Access-Control-Expose-Headers', SHOWN);
    guard(response, own);
    return false;
  }
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function permission({ headers }: IncomingMessage): string[] {
  const asked = headers['access-control-request-headers'];
  return [
    ...['Access-Control-Allow-Methods', METHODS],
    ...['Access-Control-Max-Age', PREFLIGHT_SECONDS],
    ...(asked === undefined ? [] : ['Access-Control-Allow-Headers', asked]),
  ];
}

/** From here on the head of the answer holds these fields of CORS, and nobody else's. */
function guard(response: ServerResponse, own: readonly string[]): void {
  const writeHead = response.writeHead.bind(response) as WriteHead;
  (response as { writeHead: WriteHead }).writeHead = (status, ...rest) => {
    const last = rest.at(-1);
    const fields = typeof last === 'object' ? last : [];
    const words = rest.filter((word) => typeof word === 'string');
    return writeHead(status, ...words, [...withoutCors(fields), ...own]);
  };
}

/** @returns name, value, name, value … */
function withoutCors(fields: Fields): OutgoingHttpHeader[] {
  const flat = Array.isArray(fields) ? fields : Object.entries(fields).flat();
  return flat.filter((_, at) => !OF_CORS.test(String(flat[at - (at % 2)])));
}
