/** Where Nest finds the handler for all that goes to a worker. */
export const TO_A_WORKER = '/';

const GET = ['GET', 'HEAD'];
const POST = ['POST'];
const OWN: Readonly<Record<string, readonly string[]>> = {
  '/liveness': GET,
  '/readiness': GET,
  '/health': GET,
  '/workers': [...GET, 'POST'],
  '/add_worker': POST,
  '/remove_worker': POST,
  '/list_workers': GET,
  '/get_loads': GET,
  '/flush_cache': POST,
  '/finish_session': POST,
  '/metrics': GET,
};
const WORKERS = '/workers/';
const ONE_WORKER = [...GET, 'PUT', 'DELETE'];
const MODELS = '/v1/models';

/**
 * @param path without its query
 * @returns the methods of a path that no worker is ever asked for; undefined for every other path
 */
export function ownMethods(path: string): readonly string[] | undefined {
  const plain = withoutSlash(path);
  return OWN[plain] ?? (plain.startsWith(WORKERS) ? ONE_WORKER : undefined);
}

/**
 * @param path without its query
 * @returns whether the router itself answers; everything else is a worker's
 */
export function isOwn(method: string, path: string): boolean {
  return ownMethods(path) !== undefined || (isOfModels(path) && GET.includes(method));
}

function isOfModels(path: string): boolean {
  return path.startsWith(MODELS) && (path.length === MODELS.length || path[MODELS.length] === '/');
}

/** A slash behind a path makes no other one of it. */
function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

const OPEN: ReadonlySet<string> = new Set(['/liveness', '/readiness', '/health']);

/** Whether it is the router's to answer, but for clients and not for operators. */
export function isClients(path: string): boolean {
  return isOfModels(path) || withoutSlash(path) === '/metrics';
}

/** Whether it needs no key: whoever probes has none. */
export function isOpen(path: string): boolean {
  return OPEN.has(withoutSlash(path));
}

/** Bodies here are JSON objects: what is no such thing is refused before a worker sees it. */
const JSON_PATHS: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/images/generations',
  '/v1/audio/speech',
  '/v1/moderations',
  '/v1/classify',
  '/v1/rerank',
  '/v2/rerank',
  '/v1/score',
  '/v1/tokenize',
  '/v1/detokenize',
  '/classify',
  '/pooling',
  '/rerank',
  '/score',
  '/tokenize',
  '/detokenize',
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
