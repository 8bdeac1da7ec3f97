import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody } from '../../openai/error-body.js';
import { bindExchange, Exchange } from '../../proxy/exchange.js';
import { requestIdOf } from '../../proxy/request-id.js';
import type { DrainHook } from './drain-hook.js';
import { answerDrain, DRAIN_PATH } from './drain-route.js';
import { routeOps } from './routes.js';

/**
 * Lets requests of the metrics port reach `/metrics`, the health routes and the drain hook, and nothing else:
 * the proxy is not to be reached through it. They are neither counted nor logged.
 *
 * @param next Nest's router
 */
export function opsHandler(
  next: (request: IncomingMessage, response: ServerResponse) => void,
  drainHook: DrainHook,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const target = request.url!;
    const path = target.split('?', 1)[0]!;
    if (request.method === 'GET' && path === DRAIN_PATH) {
      answerDrain(target, response, drainHook);
      return;
    }
    const route = routeOps(request.method!, path);
    if (!route) {
      const body = JSON.stringify(
        errorBody(
          'Not found: this port has /metrics, /health, /health/ready and GET /drain.',
          'NotFoundError',
          404,
        ),
      );
      response.writeHead(404, { 'Content-Type': 'application/json' }).end(body);
      return;
    }
    const facts = { target, path, api: undefined, requestId: requestIdOf(request) };
    bindExchange(new Exchange(request, response, facts));
    next(request, response);
  };
}
