import { parseTarget, type Target } from './target.js';

/** A model server as its operator names it. */
export interface EndpointUrl {
  /** `scheme://host[:port]` in lower case, without a slash behind it: equal ones are one endpoint. */
  readonly url: string;
  readonly secure: boolean;
  readonly target: Target;
}

const SHAPE = /^(https?):\/\/([^/?#@\s]+?)(?::(\d{1,5}))?\/?$/i;
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * Reads `http://host[:port]` or `https://host[:port]`; hosts have the strict grammar of `parseTarget`.
 *
 * @returns the endpoint, or a sentence that says what is wrong with it and what is right
 */
export function parseEndpointUrl(text: string): EndpointUrl | string {
  const trimmed = text.trim();
  if (/^grpcs?:/i.test(trimmed)) {
    return `${JSON.stringify(text)}: gRPC workers are not supported by this version yet; give the worker's http:// address`;
  }
  const match = SHAPE.exec(trimmed);
  const [, scheme = '', host = '', port] = match ?? [];
  const lower = scheme.toLowerCase();
  const target = match && parseTarget(`${host}:${port ?? DEFAULT_PORT[lower]!}`);
  if (!target) {
    return `${JSON.stringify(text)} is no worker URL: give http://HOST:PORT or https://HOST:PORT, without a path`;
  }
  const shown = port === undefined ? target.label.replace(/:\d+$/, '') : target.label;
  return { url: `${lower}://${shown}`, secure: lower === 'https', target };
}
