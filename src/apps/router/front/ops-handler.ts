import type { RequestHandler } from '../../../listener/http-server.js';
import type { RouterMetrics } from '../../../metrics/router.metrics.js';

/** The metrics port: `/metrics`, and `/health` of this process alone. */
export function opsHandler(metrics: RouterMetrics): RequestHandler {
  return (request, response) => {
    const path = request.url!.split('?', 1)[0];
    if (path === '/health') {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end('OK');
      return;
    }
    if (path !== '/metrics') {
      response
        .writeHead(404, { 'Content-Type': 'text/plain' })
        .end('This port has /metrics and /health.');
      return;
    }
    void metrics.registry.metrics().then((text) => {
      const { contentType } = metrics.registry;
      response
        .writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' })
        .end(text);
    });
  };
}
