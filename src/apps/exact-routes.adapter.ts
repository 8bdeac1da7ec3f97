import { ExpressAdapter } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What Nest registers for a route: guards, interceptors, the handler and the filter of errors, in one. */
type RouteHandler = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;
type Next = (error?: unknown) => void;

/** A path that Express would read as a pattern. */
const PATTERN = /[:*(){}?+\\]/;

/**
 * Express, but for routes that a request names byte for byte: these are called at once.
 *
 * Express walks its list of routes, and gives every request and response other prototypes, after which no
 * property of theirs is found the fast way: a tenth of the CPU of a short request (docs/performance.md).
 * Handlers and filters of these routes get Node's own request and response, without Express's methods, and Express's
 * middleware is not run; the programs have none.
 */
export class ExactRoutesAdapter extends ExpressAdapter {
  private readonly posts = new Map<string, RouteHandler>();
  private readonly others = new Map<string, RouteHandler>();

  override post(...route: unknown[]): unknown {
    note(this.posts, route);
    return super.post(...(route as [never, never])) as unknown;
  }

  override all(...route: unknown[]): unknown {
    note(this.others, route);
    return super.all(...(route as [never, never])) as unknown;
  }

  /** Nest tells each route's status before its handler runs; Express has a method for that, Node a property. */
  override status(response: ServerResponse, statusCode: number): ServerResponse {
    response.statusCode = statusCode;
    return response;
  }

  /** Serves a request by the route of its method and `url`, through Express where that is needed to find it. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url!;
    const handler =
      (request.method === 'POST' ? this.posts.get(url) : undefined) ?? this.others.get(url);
    if (handler) void handler(request, response, nothingFollows);
    else this.getInstance<(...message: unknown[]) => void>()(request, response);
  };
}

/** Nest's filter answers every error, so nothing is left to Express. */
function nothingFollows(error?: unknown): void {
  throw new Error('no handler took the request', { cause: error });
}

function note(routes: Map<string, RouteHandler>, [path, handler]: readonly unknown[]): void {
  if (typeof path !== 'string' || PATTERN.test(path) || routes.has(path)) return;
  routes.set(path, handler as RouteHandler);
}
