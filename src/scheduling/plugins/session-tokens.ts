import type { Endpoints } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { endpointOf, type SessionStrategy } from './session-strategy.js';

const NO_HEADERS: readonly (readonly [string, string])[] = [];

/** The client carries the session: answers name the server in a header, `namespace/name` in base64, requests repeat it. */
export class SessionTokens implements SessionStrategy {
  /**
   * @param header in lower case
   * @param profile whose server is named; undefined for the one that answers
   */
  constructor(
    private readonly header: string,
    private readonly profile: string | undefined,
  ) {}

  find({ headers }: InferenceRequest, endpoints: Endpoints): number {
    const token = headers.get(this.header);
    if (!token) return -1;
    const home = Buffer.from(token, 'base64').toString();
    for (let i = 0; i < endpoints.length; i++) if (isHome(home, endpoints[i]!)) return i;
    return -1;
  }

  answerHeaders(
    _request: InferenceRequest,
    result: SchedulingResult,
    served: ScheduledEndpoint,
  ): readonly (readonly [string, string])[] {
    const home = this.profile === undefined ? served : endpointOf(result, this.profile);
    if (!home) return NO_HEADERS;
    return [[this.header, Buffer.from(`${home.namespace}/${home.name}`).toString('base64')]];
  }
}

/** Whether it is `namespace/name`, without putting that together. */
function isHome(home: string, { namespace, name }: ScheduledEndpoint): boolean {
  return (
    home.length === namespace.length + 1 + name.length &&
    home.endsWith(name) &&
    home.startsWith(namespace) &&
    home[namespace.length] === '/'
  );
}
