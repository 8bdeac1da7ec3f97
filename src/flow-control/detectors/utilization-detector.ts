import * as z from 'zod';
import { duration } from '../../config/kinds.js';
import type { InferenceRequest } from '../../scheduling/inference-request.js';
import type { Endpoints, LifecycleListener } from '../../scheduling/plugin.js';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { ScheduledEndpoint } from '../../scheduling/scheduled-endpoint.js';
import type { SchedulingResult } from '../../scheduling/scheduling-result.js';
import type { PendingLoad, SaturationDetector } from '../saturation-detector.js';
import { keep } from '../../scheduling/keep.js';
import { UnreadRequests } from './unread.js';

declare module '../../scheduling/plugin-definition.js' {
  interface PluginServices {
    /** Milliseconds after which the state of a server is too old; 2 s where nobody says. */
    readonly metricsStaleness?: number;
  }
}

const DEFAULT_STALENESS = 2000;

/** Milliseconds that an engine takes to free what a request held. */
const FREEING = 250;

export interface UtilizationThresholds {
  /** Waiting requests at which a server is full. */
  readonly queueDepth: number;
  /** Part of the KV cache at which it is. */
  readonly kvCacheUtil: number;
  /** Milliseconds after which what it told is too old. */
  readonly staleness: number;
  /** As a filter, so much more than full may an endpoint be. */
  readonly headroom: number;
}

/**
 * Full by what servers tell: the larger of waiting requests by their threshold and used KV cache by its own, the mean
 * over the servers. A server that has not told anything for long counts as full.
 *
 * What was sent since a server told counts too, as far as a request would wait for a place: as waiting where requests wait
 * there already; where none do, the server may get as many as it works on before it has told again. Else a queue would
 * empty itself into the servers between two readings.
 */
export class UtilizationDetector implements SaturationDetector, LifecycleListener {
  readonly lag: number;
  private readonly unread = new UnreadRequests();
  private readonly mayStay = (endpoint: ScheduledEndpoint): boolean => this.hasRoom(endpoint);

  constructor(
    private readonly thresholds: UtilizationThresholds,
    private readonly now: () => number,
  ) {
    this.lag = thresholds.staleness + FREEING;
  }

  saturation(endpoints: Endpoints, pending?: PendingLoad): number {
    const oldest = this.now() - this.thresholds.staleness;
    let sum = 0;
    let room = 0;
    for (let at = 0; at < endpoints.length; at++) {
      const endpoint = endpoints[at]!;
      const { readAt, waiting, kvUsage } = endpoint.state;
      const places = this.places(endpoint);
      room += places;
      if (readAt < oldest) {
        sum++;
        continue;
      }
      const unread = pending ? this.unread.of(endpoint) : 0;
      const queue = (waiting + unread) / places;
      const cache = kvUsage / this.thresholds.kvCacheUtil;
      sum += queue > cache ? queue : cache;
    }
    return sum / endpoints.length + (pending ? pending.requests / room : 0);
  }

  stale(endpoints: Endpoints): number {
    const oldest = this.now() - this.thresholds.staleness;
    let count = 0;
    for (let at = 0; at < endpoints.length; at++) if (endpoints[at]!.state.readAt < oldest) count++;
    return count;
  }

  /** Where no endpoint has room, each is as good as another: all stay. */
  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const rest = keep(endpoints, this.mayStay);
    return rest.length > 0 ? rest : endpoints;
  }

  decided(_request: InferenceRequest, result: SchedulingResult): void {
    this.unread.decided(result);
  }

  /** Requests that a server may have waiting, or where none wait, get before it tells again. */
  private places({ state }: ScheduledEndpoint): number {
    const { queueDepth } = this.thresholds;
    return state.waiting > 0 ? queueDepth : Math.max(queueDepth, state.running);
  }

  private hasRoom({ state }: ScheduledEndpoint): boolean {
    const { queueDepth, kvCacheUtil, staleness, headroom } = this.thresholds;
    return (
      state.readAt >= this.now() - staleness &&
      state.waiting < queueDepth * (1 + headroom) &&
      state.kvUsage < Math.min(1, kvCacheUtil * (1 + headroom))
    );
  }
}

/** https://llm-d.ai/docs/architecture/core/router/epp/flow-control */
export const utilizationDetector = definePlugin({
  type: 'utilization-detector',
  kinds: ['saturation-detector', 'filter'],
  summary: 'Says by their metrics how full servers are; as a filter, leaves out full ones.',
  parameters: z.strictObject({
    queueDepthThreshold: z
      .number()
      .positive()
      .default(5)
      .describe('Waiting requests at which a server is full.'),
    kvCacheUtilThreshold: z
      .number()
      .positive()
      .max(1)
      .default(0.8)
      .describe('Used part of the KV cache at which a server is full.'),
    metricsStalenessThreshold: duration()
      .schema.refine((milliseconds) => milliseconds > 0, 'a duration above 0')
      .optional()
      .describe('Age from which on metrics are too old, and the server counts as full.'),
    headroom: z
      .number()
      .min(0)
      .default(0)
      .describe('As a filter, how much more than full an endpoint may be: 0.2 is 20 %.'),
  }),
  create: (parameters, { now, services }) =>
    new UtilizationDetector(
      {
        queueDepth: parameters.queueDepthThreshold,
        kvCacheUtil: parameters.kvCacheUtilThreshold,
        staleness:
          parameters.metricsStalenessThreshold ?? services.metricsStaleness ?? DEFAULT_STALENESS,
        headroom: parameters.headroom,
      },
      now,
    ),
});
