import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Observable } from 'rxjs';
import { sidecarConfig } from '../../config/sidecar.config.js';
import { startBeside } from '../../connector/concurrent-prefill.js';
import type {
  Connector,
  ConnectorRequest,
  DecodeFirstPlan,
  SerialPlan,
} from '../../connector/connector.js';
import { ConnectorRegistry } from '../../connector/connector.registry.js';
import { PrefillService, type PrefillResult } from '../../connector/prefill.service.js';
import type { Target } from '../../endpoint/target.js';
import type { JsonObject } from '../../openai/json-object.js';
import { exchangeIn, type Exchange } from '../../proxy/exchange.js';
import { isSuccess } from '../../proxy/is-success.js';
import { LegHeads } from './leg-heads.js';
import { PrefillObserver } from './prefill-observer.js';
import { RequestBodies } from './request-bodies.js';
import { isThisPod } from './this-pod.js';

/**
 * Prepares: has the prompt prefilled elsewhere, before the controller decodes it here, or beside.
 *
 * It never touches the response; what it finds out goes into the exchange.
 */
@Injectable()
export class PrefillInterceptor implements NestInterceptor {
  constructor(
    private readonly connectors: ConnectorRegistry,
    private readonly prefills: PrefillService,
    private readonly heads: LegHeads,
    private readonly bodies: RequestBodies,
    private readonly observer: PrefillObserver,
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const exchange = exchangeIn(context);
    if (exchange.route) await this.prefill(exchange);
    else if (exchange.encoders) await this.encode(exchange);
    else if (exchange.kvSource) await this.pull(exchange, exchange.kvSource);
    return next.handle();
  }

  private async prefill(exchange: Exchange): Promise<void> {
    const body = await (exchange.encoders
      ? this.bodies.encoded(exchange)
      : this.bodies.read(exchange));
    if (!body) return;
    const plan = this.connectorOf(exchange).plan(requestOf(exchange, body));
    switch (plan.dispatch) {
      case 'serial':
        return this.serial(exchange, plan);
      case 'concurrent':
        return startBeside(this.prefills, exchange, plan, (target, leg) =>
          this.heads.prefill(exchange, target, leg),
        );
      case 'decode-first':
        return this.decodeFirst(exchange, plan);
    }
  }

  /** No prefill: the decoder computes the prompt, of what encoders have computed. */
  private async encode(exchange: Exchange): Promise<void> {
    const body = await this.bodies.encodedSlices(exchange);
    if (body) exchange.decode = { body };
  }

  /** No prefill: but the decoder may find a part of the prompt elsewhere. */
  private async pull(exchange: Exchange, source: Target): Promise<void> {
    if (isThisPod(source, this.config, exchange.rank)) {
      exchange.kvSource = exchange.connector = undefined;
      return;
    }
    const body = await this.bodies.read(exchange);
    const leg = this.connectorOf(exchange).decodeOnly?.(requestOf(exchange, body));
    exchange.decode = leg ?? { body: [body.bytes] };
  }

  private connectorOf({ connector }: Exchange): Connector {
    return this.connectors.find(connector!)!;
  }

  private decodeFirst(exchange: Exchange, plan: DecodeFirstPlan): void {
    exchange.decode = plan.first;
    exchange.ifRefused = () => {
      exchange.ifRefused = undefined;
      exchange.decodeSpan?.end({ status: 200 });
      delete exchange.timings.firstByte;
      return this.serial(exchange, plan.otherwise());
    };
  }

  private async serial(exchange: Exchange, plan: SerialPlan): Promise<void> {
    const letGo = exchange.body!.hold();
    const started = performance.now();
    try {
      const result = await this.prefills.run({
        exchange,
        candidates: exchange.route!.candidates,
        head: (target, leg) => this.heads.prefill(exchange, target, leg),
        leg: plan.prefill,
        readsAnswer: plan.readsAnswer,
      });
      this.use(exchange, plan, result);
    } finally {
      letGo();
      exchange.timings.prefill = performance.now() - started;
    }
  }

  /** Turns the prefiller's answer into the decode leg, or into the answer of the request. */
  private use(exchange: Exchange, plan: SerialPlan, { answer, json }: PrefillResult): void {
    if (!isSuccess(answer.head)) {
      exchange.answer = answer;
      return;
    }
    const { leg, withoutKvParams, missing } = plan.decode(json, exchange.prefiller!);
    if (withoutKvParams) this.observer.withoutKvParams(exchange, missing);
    exchange.decode = leg;
  }
}

function requestOf({ facts, kvSource, request }: Exchange, body: JsonObject): ConnectorRequest {
  const isOwnId = request.headers['x-request-id'] === undefined;
  return { api: facts.api!, body, requestId: facts.requestId, isOwnId, kvSource };
}
