import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody } from '../../openai/error-body.js';
import { bindExchange, Exchange } from '../../proxy/exchange.js';
import { requestIdOf } from '../../proxy/request-id.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const PATHS: ReadonlySet<string> = new Set(['/metrics', '/health', '/health/ready']);
const DECISIONS = '/debug/decisions';

/**
 * Lets requests of the metrics port reach what it has, and answers all others.
 *
 * @param next Nest's router
 * @param explains decisions are kept, and may be asked for
 */
export function opsHandler(next: Handler, explains: boolean): Handler {
  return (request, response) => {
    const target = request.url!;
    const path = target.split('?', 1)[0]!;
    const isThere = PATHS.has(path) || (explains && path === DECISIONS);
    if (!isThere) return refuse(response, 404, notFound(path, explains));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'This port answers GET and HEAD.');
    }
    const facts = { target, path, api: undefined, requestId: requestIdOf(request) };
    bindExchange(new Exchange(request, response, facts));
    next(request, response);
  };
}

function notFound(path: string, explains: boolean): string {
  const has = [...PATHS, ...(explains ? [DECISIONS] : [])].join(', ');
  const hint = path === DECISIONS ? ' Decisions are kept with --explain.' : '';
  return `Not found: this port has ${has}.${hint}`;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const type = status === 404 ? 'NotFoundError' : 'BadRequestError';
  const allow = status === 405 ? { Allow: 'GET, HEAD' } : {};
  response
    .writeHead(status, { 'Content-Type': 'application/json', ...allow })
    .end(JSON.stringify(errorBody(message, type, status)));
}
