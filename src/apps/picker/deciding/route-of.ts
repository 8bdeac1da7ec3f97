import type { HeaderPair, Route } from '../../../ext-proc/decider.js';
import type { Struct } from '../../../ext-proc/struct.js';
import { byteLength, spliceMembers, type BodySlices } from '../../../openai/json-splice.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';
import { DESTINATION, METADATA, REMOVED, REQUEST_ID, SCORES } from './control-headers.js';
import type { PickedExchange } from './picked-exchange.js';
import type { PickedRequest } from './picked-request.js';

/** What the proxy is told of a decision. */
export interface RouteFacts {
  readonly request: PickedRequest;
  readonly result: SchedulingResult;
  readonly exchange: PickedExchange;
  /** The client sent no request id. */
  readonly isNewId: boolean;
  /** The scores of the picked endpoints are told too. */
  readonly scores: Struct | undefined;
}

/** @returns the answer of the endpoint picker protocol: the destination as header and as dynamic metadata */
export function routeOf({ request, result, exchange, isNewId, scores }: RouteFacts): Route {
  const destination = destinationOf(result);
  const set: HeaderPair[] = [[DESTINATION, destination], ...result.headers];
  if (isNewId) set.push([REQUEST_ID, request.id]);
  const { trace } = request;
  if (trace) {
    for (const [name, value] of Object.entries(trace.headers)) if (value) set.push([name, value]);
  }
  const body = rewritten(request);
  if (body) set.push(['content-length', String(byteLength(body))]);
  const told = scores
    ? { [DESTINATION]: destination, [SCORES]: scores }
    : { [DESTINATION]: destination };
  return {
    kind: 'route',
    headers: { set, remove: REMOVED },
    metadata: { [METADATA]: told },
    body,
    exchange,
  };
}

/** @returns the score of each endpoint that the proxy is told of */
export function scoresOf({ endpoints, records }: SchedulingResult): Struct {
  const scores: Record<string, number> = {};
  for (const { scores: all } of records?.values() ?? []) {
    for (const { id } of endpoints) {
      const total = all[id]?.['total'];
      if (total !== undefined) scores[id] = total;
    }
  }
  return scores;
}

function destinationOf({ endpoints, destinations }: SchedulingResult): string {
  if (destinations) return destinations.join(',');
  return endpoints.length === 1 ? endpoints[0].id : endpoints.map(({ id }) => id).join(',');
}

/** @returns undefined where the model is the client's */
function rewritten({ body, model, targetModel }: PickedRequest): BodySlices | undefined {
  if (!body || model === targetModel) return undefined;
  return spliceMembers(body, new Map([['model', JSON.stringify(targetModel)]]));
}
