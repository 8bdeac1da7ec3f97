import { parseTarget, type Target } from './target.js';

/** A model server as its operator names it. */
export interface EndpointUrl {
  /** `scheme://host[:port]` in lower case, without a slash behind it: equal ones are one endpoint. */
  readonly url: string;
  /** `host` or `host:port`, as it was named: what the field Host says. */
  readonly authority: string;
  /** Before the paths of requests; '' where there is none. */
  readonly path: string;
  readonly secure: boolean;
  readonly target: Target;
}

const SHAPE = /^(https?):\/\/([^/?#@\s]+?)(?::(\d{1,5}))?((?:\/[\w.~-]+)*)\/?$/i;
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * Reads `http://host[:port]` or `https://host[:port]`; hosts have the strict grammar of `parseTarget`.
 *
 * @param mayHavePath it may end with a path, as `https://host/api`, which goes before those of requests
 * @returns the endpoint, or a sentence that says what is wrong with it and what is right
 */
export function parseEndpointUrl(text: string, mayHavePath = false): EndpointUrl | string {
  const trimmed = text.trim();
  if (/^grpcs?:/i.test(trimmed)) {
    return `${JSON.stringify(text)}: gRPC workers are not supported by this version yet; give the worker's http:// address`;
  }
  const match = SHAPE.exec(trimmed);
  const [, scheme = '', host = '', port, path = ''] = match ?? [];
  const lower = scheme.toLowerCase();
  const target = match && parseTarget(`${host}:${port ?? DEFAULT_PORT[lower]!}`);
  if (!target || (path !== '' && !mayHavePath)) {
    return `${JSON.stringify(text)} is no worker URL: give http://HOST:PORT or https://HOST:PORT, without a path`;
  }
  const authority = port === undefined ? target.label.replace(/:\d+$/, '') : target.label;
  return {
    url: `${lower}://${authority}${path}`,
    authority,
    path,
    secure: lower === 'https',
    target,
  };
}
