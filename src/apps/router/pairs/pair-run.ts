import type {
  ConnectorRequest,
  EngineTarget,
  PrefillTarget,
} from '../../../connector/connector.js';
import { ZMQ_LABEL } from '../../../discovery/announcement.js';
import type { ProxyError } from '../../../errors/proxy.error.js';
import type { EndRequest, Endpoint } from '../../../fleet/endpoint.js';
import { generateApiOf } from '../../../openai/api.js';
import type { BufferedAnswer } from '../../../proxy/exchange.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import type { RoutedRequest } from '../routing/routed-request.js';

/** The two parts of a request's work. */
export type Stage = 'prefill' | 'decode';

/** A worker that was chosen, and counts the request as its own from then on. */
export interface Chosen {
  readonly stage: Stage;
  readonly endpoint: Endpoint;
  /** Gives its load back; the first call counts. */
  readonly end: EndRequest;
}

/** A leg after which another worker may be asked. */
export interface FailedLeg {
  readonly chosen: Chosen;
  /** Left out where there is an answer, which says so. */
  readonly error?: ProxyError;
  /** Of a prefill worker, of which the client has nothing. */
  readonly answer?: BufferedAnswer;
  /** Milliseconds that the worker asks to wait; 0 where it does not. */
  readonly retryAfter: number;
  /** The worker never had the request. */
  readonly isUndelivered: boolean;
}

/** One request on its way to a prefill worker and a decode worker: whom it has tried, and how often. */
export class PairRun {
  readonly tried: Readonly<Record<Stage, Set<Endpoint>>> = {
    prefill: new Set(),
    decode: new Set(),
  };
  /** Of each stage. */
  readonly failures: Record<Stage, number> = { prefill: 0, decode: 0 };
  /** No prefill worker is asked any more: the decode worker does it alone. */
  isAlone = false;
  /** Plans made: each is of a transfer of its own. */
  private plans = 0;

  constructor(
    readonly exchange: RoutedExchange,
    readonly request: RoutedRequest,
  ) {}

  /** What the connector is asked. @param decoder where it is known already */
  connectorRequest(decoder: EngineTarget | undefined): ConnectorRequest {
    const { request, facts } = this.exchange;
    return {
      api: generateApiOf(facts.path)!,
      body: this.request.json!,
      requestId: facts.requestId,
      isOwnId: this.plans++ === 0 && request.headers['x-request-id'] === undefined,
      decoder,
    };
  }
}

/** @returns a worker as connectors know it */
export function targetOf({ spec: { address, bootstrapPort, labels } }: Endpoint): PrefillTarget {
  return { ...address.target, bootstrapPort, zmqAddress: labels[ZMQ_LABEL] };
}
