import { Injectable } from '@nestjs/common';
import type { DecodeFirstPlan, DispatchPlan, SerialPlan } from '../../../connector/connector.js';
import { ProxyError } from '../../../errors/proxy.error.js';
import { ExchangeEndedError } from '../../../proxy/exchange-ended.error.js';
import type { DecodeLeg, Leg } from '../../../proxy/exchange.js';
import { ForwardService } from '../../../proxy/forward.service.js';
import { isSuccess } from '../../../proxy/is-success.js';
import { brokenStream } from '../routing/broken-stream.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import type { RoutedRequest } from '../routing/routed-request.js';
import { ConcurrentPairs } from './concurrent-pairs.service.js';
import { DecodeLegs } from './decode-leg.service.js';
import { PairConnector } from './pair-connector.js';
import { PairRun, targetOf, type Chosen, type FailedLeg } from './pair-run.js';
import { PrefillLegs } from './prefill-leg.service.js';
import { Stages } from './stages.service.js';

/** Gets a request answered by a prefill worker and a decode worker: others when one fails, as long as the client has nothing. */
@Injectable()
export class PairDispatcher {
  constructor(
    private readonly pairs: PairConnector,
    private readonly stages: Stages,
    private readonly prefills: PrefillLegs,
    private readonly decodes: DecodeLegs,
    private readonly concurrent: ConcurrentPairs,
    private readonly forward: ForwardService,
  ) {}

  /** @throws ProxyError when no pair answered, and the client has nothing */
  async run(exchange: RoutedExchange, request: RoutedRequest): Promise<void> {
    exchange.lastWords = () => brokenStream(exchange.facts.path);
    exchange.connector = this.pairs.name;
    this.stages.count(exchange);
    const run = new PairRun(exchange, request);
    try {
      while (!exchange.ended) {
        const failed = await this.once(run);
        if (!failed) return;
        if (!(await this.stages.again(run, failed))) return this.giveUp(run, failed);
      }
    } catch (error) {
      if (!(error instanceof ExchangeEndedError)) throw error;
    }
  }

  /** @returns the leg that has failed, where it has */
  private async once(run: PairRun): Promise<FailedLeg | undefined> {
    const { connector } = this.pairs;
    const decoder = connector.namesDecoder ? this.stages.choose(run, 'decode') : undefined;
    try {
      const known = decoder && targetOf(decoder.endpoint);
      return await this.follow(run, connector.plan(run.connectorRequest(known)), decoder);
    } finally {
      decoder?.end('abandoned');
    }
  }

  private follow(
    run: PairRun,
    plan: DispatchPlan,
    decoder: Chosen | undefined,
  ): Promise<FailedLeg | undefined> {
    switch (plan.dispatch) {
      case 'serial':
        return this.serial(run, plan, decoder);
      case 'concurrent':
        if (this.stages.isAlone(run)) return this.decode(run, alone(run), 'stored', decoder);
        return this.concurrent.once(run, plan, decoder);
      case 'decode-first':
        return this.decodeFirst(run, plan);
    }
  }

  private async serial(
    run: PairRun,
    plan: SerialPlan,
    decoder: Chosen | undefined,
  ): Promise<FailedLeg | undefined> {
    if (this.stages.isAlone(run)) return this.decode(run, alone(run), 'stored', decoder);
    const chosen = this.stages.choose(run, 'prefill');
    const target = targetOf(chosen.endpoint);
    const leg = this.legFor(chosen, plan);
    if ('chosen' in leg) return leg;
    const { readsAnswer } = plan;
    const result = await this.prefills.send(run, chosen, { leg, readsAnswer });
    if ('chosen' in result) return result;
    const { answer, json } = result;
    if (!isSuccess(answer.head)) {
      this.forward.buffered(run.exchange, answer);
      return undefined;
    }
    const step = plan.decode(json, target);
    if (step.withoutKvParams) this.stages.computesAgain(run, chosen, step.missing);
    return this.decode(run, step.leg, plan.kv, decoder);
  }

  /** @returns the prefill, or why none can be made for that worker */
  private legFor(chosen: Chosen, { prefill }: SerialPlan): Leg | FailedLeg {
    if (typeof prefill !== 'function') return prefill;
    try {
      return prefill(targetOf(chosen.endpoint));
    } catch (error) {
      chosen.end('abandoned');
      if (!(error instanceof ProxyError)) throw error;
      return this.prefills.failed(chosen, { error });
    }
  }

  /**
   * @param kv which decoders find the prefill
   * @param decoder that was chosen already
   */
  private async decode(
    run: PairRun,
    leg: DecodeLeg,
    kv: SerialPlan['kv'],
    decoder?: Chosen,
  ): Promise<FailedLeg | undefined> {
    for (let chosen = decoder; ; chosen = undefined) {
      chosen ??= this.stages.choose(run, 'decode');
      const isLast = this.stages.isLast(run, 'decode');
      const end = await this.decodes.send(run, chosen, leg, isLast);
      if (typeof end === 'string') return undefined;
      const isThere = kv === 'stored' || (kv === undefined && end.isUndelivered);
      if (isLast || !isThere) return end;
      if (!(await this.stages.again(run, end))) throw end.error!;
    }
  }

  private async decodeFirst(run: PairRun, plan: DecodeFirstPlan): Promise<FailedLeg | undefined> {
    const chosen = this.stages.choose(run, 'decode');
    const isLast = this.stages.isLast(run, 'decode');
    const end = await this.decodes.send(run, chosen, plan.first, isLast);
    if (end === 'refused') return this.serial(run, plan.otherwise(), undefined);
    return end === 'done' ? undefined : end;
  }

  /** Attempts are used up: the last answer goes to the client as it came. */
  private giveUp({ exchange }: PairRun, { error, answer }: FailedLeg): void {
    if (!answer) throw error!;
    this.forward.buffered(exchange, answer);
  }
}

/** The request as it came, with the model's own name. */
function alone({ request }: PairRun): DecodeLeg {
  return { body: [request.json!.bytes] };
}
