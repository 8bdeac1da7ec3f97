import { randomUUID } from 'node:crypto';
import type {
  Decider,
  ProxiedRequest,
  Refusal,
  Route,
  Verdict,
} from '../../../ext-proc/decider.js';
import type { ProxyError } from '../../../errors/proxy.error.js';
import type { Waiting } from '../../../flow-control/admission.js';
import { DEFAULT_FLOW } from '../../../metrics/picker.metrics.js';
import type { RequestRecord } from '../../../metrics/request-record.js';
import { SchedulingFailure } from '../../../scheduling/scheduling-failure.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';
import type { PickerEndpoint } from '../endpoint.js';
import type { PickerParts } from '../picker-parts.js';
import { decisionCounters } from '../seeing/decision-counters.js';
import type { DecisionEntry } from '../seeing/decision-ring.js';
import { requestTrace } from '../seeing/request-trace.js';
import { Candidates } from './candidates.js';
import {
  CONTROL,
  controlOf,
  EXPLAIN,
  millisecondsOf,
  REMOVED,
  REQUEST_ID,
} from './control-headers.js';
import { PickedExchange, type ExchangeSinks } from './picked-exchange.js';
import { PickedRequest } from './picked-request.js';
import { refusal } from './refusals.js';
import { readRequest, type ReadRequest } from './request-reader.js';
import { inTime, late, turnOf } from './turn.js';
import { routeOf, scoresOf } from './route-of.js';
import { ToldPlugins } from './told-plugins.js';

/** Milliseconds for a decision without its time in queues, where nothing is said. */
const DECISION_MS = 5000;

/** A request between its being read and its being decided. */
interface Pending {
  readonly request: PickedRequest;
  readonly proxied: ProxiedRequest;
  readonly record: RequestRecord;
  /** The model that endpoints must serve; '' where all do. */
  readonly served: string;
  readonly isNewId: boolean;
}

/**
 * Where a request goes: read, admitted, scheduled.
 *
 * All in one turn, but where it has to wait for its turn or for what producers find out.
 */
export class Decisions implements Decider {
  readonly removedHeaders = REMOVED;
  private readonly candidates: Candidates;
  private readonly sinks: ExchangeSinks;
  private readonly sessionHeader: string;

  constructor(private readonly parts: PickerParts) {
    const { endpoints, config, setup, metrics } = parts;
    this.sessionHeader = config.sessionKey.toLowerCase();
    this.candidates = new Candidates(endpoints, !config.disableEndpointSubsetFilter);
    this.sinks = {
      endpoints,
      // Before plugins learn of a decision, its counters see what these knew.
      plugins: new ToldPlugins(
        [...decisionCounters(setup, metrics), ...setup.listeners.map(({ plugin }) => plugin)],
        parts.logger,
      ),
      over: (request, input, output) => parts.admission.ended(request, input, output),
    };
  }

  decide(proxied: ProxiedRequest): Verdict | Promise<Verdict> {
    try {
      const verdict = this.begin(proxied);
      return verdict instanceof Promise
        ? verdict.catch((error: unknown) => this.failed(error))
        : verdict;
    } catch (error) {
      return this.failed(error);
    }
  }

  refusalOf(error: ProxyError): Refusal {
    return this.misread(refusal(error.status, error.row.message, 'rejected-saturated'));
  }

  private begin(proxied: ProxiedRequest): Verdict | Promise<Verdict> {
    const read = readRequest(proxied, this.parts.setup.parsers);
    if (read.kind === 'refusal') return this.misread(read);
    const served = this.servedModel(proxied, read);
    if (typeof served !== 'string') return this.misread(served);
    const pending = this.pendingOf(proxied, read, served);
    const admittance = this.parts.admission.admit(pending.request);
    if (admittance.kind === 'admitted') return this.schedule(pending);
    if (admittance.kind === 'waiting') return this.wait(pending, admittance);
    return this.refuse(pending, refusal(admittance.status, admittance.message, admittance.reason));
  }

  /** @returns '' where every endpoint will do */
  private servedModel(proxied: ProxiedRequest, read: ReadRequest): string | Refusal {
    const { routes } = this.parts;
    if (!routes) return '';
    const model = routes.modelFor(
      proxied.routeName,
      read.path,
      read.model,
      read.body !== undefined,
    );
    if (typeof model !== 'string') {
      return refusal(model.status, model.message, undefined, model.param);
    }
    if (!this.candidates.isServed(model) && this.parts.endpoints.size > 0) {
      return refusal(400, `Model ${model} not found.`, undefined, 'model');
    }
    return model;
  }

  private pendingOf(proxied: ProxiedRequest, read: ReadRequest, served: string): Pending {
    const { headers } = proxied;
    const { config, metrics } = this.parts;
    const { objectives } = this.parts.discovery;
    const id = headers.get(REQUEST_ID);
    const request = new PickedRequest({
      id: id === undefined || id === '' ? randomUUID() : id,
      path: read.path,
      headers,
      body: read.body,
      bytes: proxied.body?.length ?? 0,
      model: read.model,
      targetModel: this.targetModel(proxied, read.model),
      priority: objectives.priorityOf(controlOf(headers, CONTROL.objective)),
      fairnessId: controlOf(headers, CONTROL.fairnessId) ?? DEFAULT_FLOW,
      sloTtftMs: millisecondsOf(controlOf(headers, CONTROL.sloTtft)),
      explain: config.explain || config.emitEndpointScores,
      wantsReasons: config.explain && headers.get(EXPLAIN) === '1',
      trace: requestTrace(this.parts.tracing, proxied),
      receivedAt: performance.now(),
      sessionHeader: this.sessionHeader,
    });
    request.trace?.began(request);
    const record = metrics.requestStarted(request);
    return { request, proxied, record, served, isNewId: id === undefined || id === '' };
  }

  /** Kubernetes' word counts more than the client's. */
  private targetModel(proxied: ProxiedRequest, model: string): string {
    if (model === '') return '';
    const { metrics } = this.parts;
    const { rewrites } = this.parts.discovery;
    const rule = rewrites.targetFor(model, Math.random);
    const target = rule?.target ?? controlOf(proxied.headers, CONTROL.modelRewrite) ?? model;
    if (target !== model) metrics.rewritten(rule?.name ?? 'header', model, target);
    return target;
  }

  private async wait(pending: Pending, waiting: Waiting): Promise<Verdict> {
    const { decisionTimeout } = this.parts.config;
    const refused = await turnOf(waiting, pending.proxied, decisionTimeout);
    return refused ? this.refuse(pending, refused) : this.schedule(pending);
  }

  private schedule(pending: Pending): Verdict | Promise<Verdict> {
    const { request, proxied, served } = pending;
    const endpoints = this.candidates.serving(served, proxied.subset);
    if (endpoints.length === 0) return this.refuse(pending, NOBODY);
    const prepared = this.parts.scheduler.prepare(request, endpoints);
    return prepared ? this.later(pending, endpoints, prepared) : this.settle(pending, endpoints);
  }

  private async later(
    pending: Pending,
    endpoints: readonly PickerEndpoint[],
    prepared: Promise<void>,
  ): Promise<Verdict> {
    const { decisionTimeout } = this.parts.config;
    const spent =
      decisionTimeout === undefined ? 0 : performance.now() - pending.request.receivedAt;
    const ms = decisionTimeout ?? DECISION_MS;
    const isInTime = await inTime(prepared, Math.max(0, ms - spent));
    return isInTime ? this.settle(pending, endpoints) : this.refuse(pending, late(ms));
  }

  /** Whatever a plugin throws, the request ends, and with it all that counts it. */
  private settle(pending: Pending, endpoints: readonly PickerEndpoint[]): Verdict {
    try {
      return this.picked(pending, endpoints);
    } catch (error) {
      return this.refuse(pending, this.failed(error));
    }
  }

  private picked(pending: Pending, endpoints: readonly PickerEndpoint[]): Verdict {
    const { scheduler, metrics } = this.parts;
    const { request } = pending;
    const began = performance.now();
    const result = scheduler.schedule(request, endpoints);
    const seconds = (performance.now() - began) / 1000;
    if (result instanceof SchedulingFailure) {
      metrics.scheduler.failed(request.targetModel, seconds);
      this.kept(request, result);
      return this.refuse(pending, refusal(result.status, result.message, result.reason));
    }
    metrics.scheduler.succeeded(request.targetModel, result.endpoints[0], seconds);
    return this.routed(pending, result);
  }

  private routed({ request, record, isNewId }: Pending, result: SchedulingResult): Route {
    const { admission, config } = this.parts;
    record.decided();
    const entry = this.kept(request, result);
    const exchange = new PickedExchange({ request, result, record, entry }, this.sinks);
    admission.decided(request);
    try {
      const scores = config.emitEndpointScores ? scoresOf(result) : undefined;
      const route = routeOf({ request, result, exchange, isNewId, scores });
      request.trace?.decided(route.headers.set![0]![1]);
      request.release();
      return route;
    } catch (error) {
      exchange.ended('cut-off');
      throw error;
    }
  }

  /** @returns undefined where the reasons are not wanted */
  private kept(
    request: PickedRequest,
    result: SchedulingResult | SchedulingFailure,
  ): DecisionEntry | undefined {
    if (!this.parts.config.explain) return undefined;
    const picked = result instanceof SchedulingFailure ? [] : result.endpoints.map(({ id }) => id);
    return this.parts.decisions.add(request, picked, result.records);
  }

  /** It was admitted or waits, and goes nowhere. */
  private refuse({ request, record }: Pending, answer: Refusal): Refusal {
    record.refused(answer.status);
    request.trace?.refused(answer.status, answer.details);
    record.ended(performance.now(), false, 0, undefined);
    this.parts.admission.ended(request);
    return answer;
  }

  private misread(answer: Refusal): Refusal {
    this.parts.metrics.refused(answer.status);
    return answer;
  }

  private failed(error: unknown): Refusal {
    this.parts.logger.error('a decision failed: this is a defect', { error });
    return refusal(500, 'Internal error of the endpoint picker.');
  }
}

const NOBODY = refusal(503, 'No endpoint may get this request.', 'rejected-no-endpoints');
