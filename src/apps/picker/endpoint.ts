import type { Endpoint } from '../../fleet/endpoint.js';
import type { ScheduledEndpoint } from '../../scheduling/scheduled-endpoint.js';
import { unknownState } from '../../scheduling/server-state.js';

/** An endpoint of the fleet as plugins see it, with what it has in flight from here. */
export class PickerEndpoint implements ScheduledEndpoint {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  /** `host:port` of its metrics. */
  readonly metricsHost: string;
  readonly state = unknownState();
  inFlight = 0;
  inFlightTokens = 0;
  lastChosen = -Infinity;

  /** @param order grows with each endpoint that comes: those with a smaller one were there before */
  constructor(
    /** It, in the fleet. */
    readonly endpoint: Endpoint,
    readonly order: number,
  ) {
    const { address, name, namespace, metricsHost } = endpoint.spec;
    this.id = address.target.label;
    this.metricsHost = metricsHost ?? this.id;
    this.name = name ?? this.id;
    this.namespace = namespace ?? '';
  }

  get labels(): Readonly<Record<string, string>> {
    return this.endpoint.spec.labels;
  }

  get models(): readonly string[] {
    return this.endpoint.models;
  }

  get load(): number {
    return this.inFlight;
  }

  get cost(): number {
    return this.endpoint.spec.cost;
  }

  /**
   * A request was decided for it; each is to be followed by one {@link ended}, also where the endpoint has left by then.
   *
   * @param tokens that it is estimated to have; 0 where nobody estimates
   * @param now `performance.now()`
   */
  begun(tokens: number, now: number): void {
    this.inFlight++;
    this.inFlightTokens += tokens;
    this.lastChosen = now;
  }

  /** @param tokens the same as when it began, less those that {@link tokensDone} took away */
  ended(tokens: number): void {
    this.inFlight--;
    this.inFlightTokens -= tokens;
  }

  /** Some of the tokens of a request that goes on are dealt with: it has prefilled, say. */
  tokensDone(tokens: number): void {
    this.inFlightTokens -= tokens;
  }
}
