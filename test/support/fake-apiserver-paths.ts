/** A request, as permissions and tests see it. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'watch';
  /** `/api/v1/pods` or `/apis/GROUP/VERSION/inferencepools`: without the namespace. */
  readonly collection: string;
  readonly group: string;
  readonly resource: string;
  /** Empty: all. */
  readonly namespace: string;
  /** The path as it was sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of a get, or of the fieldSelector. */
  readonly name: string | undefined;
  readonly authorization: string | undefined;
}

const PATH =
  /^(\/api\/v1|\/apis\/([^/]+)\/[^/]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/;

/** @returns undefined for a path that is no resource of a namespace, or of all */
export function parseApiRequest(url: string, authorization?: string): ApiRequest | undefined {
  const { pathname, searchParams: query } = new URL(url, 'http://api');
  const match = PATH.exec(pathname);
  if (!match) return undefined;
  const [, base, group = '', namespace = '', resource, name] = match as unknown as string[];
  const isWatch = ['1', 'true'].includes(query.get('watch') ?? '');
  const verb = name !== undefined ? 'get' : isWatch ? 'watch' : 'list';
  const field = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  return {
    verb,
    collection: `${base}/${resource}`,
    group,
    resource: resource!,
    namespace,
    path: pathname,
    query,
    name: name ?? field,
    authorization,
  };
}
