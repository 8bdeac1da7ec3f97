/** Where Nest finds the handler for all that goes to a worker. */
export const TO_A_WORKER = '/';

const OWN: Readonly<Record<string, readonly string[]>> = {
  '/liveness': ['GET', 'HEAD'],
  '/readiness': ['GET', 'HEAD'],
  '/health': ['GET', 'HEAD'],
  '/workers': ['GET', 'POST'],
  '/add_worker': ['POST'],
  '/remove_worker': ['POST'],
  '/list_workers': ['GET'],
  '/get_loads': ['GET'],
  '/flush_cache': ['POST'],
  '/v1/models': ['GET'],
  '/finish_session': ['POST'],
  '/metrics': ['GET'],
};
const ONE_WORKER = /^\/workers\/.+$/;
const ONE_MODEL = /^\/v1\/models\/.+$/;
const ONE_WORKER_METHODS = ['GET', 'PUT', 'DELETE'];

/**
 * @param path without its query
 * @returns whether the router itself answers; everything else is a worker's
 */
export function isOwn(method: string, path: string): boolean {
  if (ONE_MODEL.test(path)) return method === 'GET';
  const methods = OWN[path] ?? (ONE_WORKER.test(path) ? ONE_WORKER_METHODS : undefined);
  return methods?.includes(method) ?? false;
}

const OPEN: ReadonlySet<string> = new Set(['/liveness', '/readiness', '/health']);

/** Whether it is the router's to answer, but for clients and not for operators. */
export function isClients(path: string): boolean {
  return path === '/v1/models' || path.startsWith('/v1/models/') || path === '/metrics';
}

/** Whether it needs no key: whoever probes has none. */
export function isOpen(path: string): boolean {
  return OPEN.has(path);
}

/** Bodies here are JSON objects: what is no such thing is refused before a worker sees it. */
const JSON_PATHS: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
  '/v1/rerank',
  '/v1/score',
  '/rerank',
  '/score',
  '/generate',
  '/inference/v1/generate',
]);

export function takesJson(path: string): boolean {
  return JSON_PATHS.has(path);
}

/** The `route` label of a path: workers may be asked for any, metrics must not grow with them. */
export function routeLabel(path: string): string {
  return JSON_PATHS.has(path) || path in OWN ? path : 'other';
}
