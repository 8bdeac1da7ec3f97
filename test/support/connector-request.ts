import type { ConnectorRequest } from '../../src/connector/connector.js';
import type { BodySlices } from '../../src/openai/json-splice.js';
import type { GenerateApi } from '../../src/openai/api.js';
import { readJsonObject } from '../../src/openai/json-object.js';

/** What a connector is asked for a client's body. */
export function connectorRequest(
  body: string,
  api: GenerateApi = 'completions',
  more: Partial<ConnectorRequest> = {},
): ConnectorRequest {
  return {
    api,
    body: readJsonObject(Buffer.from(body)),
    isOwnId: false,
    requestId: 'request-1',
    ...more,
  };
}

/** The text of a leg. */
export function textOf({ body }: { readonly body: BodySlices }): string {
  return Buffer.concat(body).toString();
}
