import { Injectable } from '@nestjs/common';
import type { ConcurrentPlan, LegPair } from '../../../connector/connector.js';
import { untilEnded } from '../../../connector/until-ended.js';
import { ProxyError } from '../../../errors/proxy.error.js';
import { ExchangeEndedError } from '../../../proxy/exchange-ended.error.js';
import type { BufferedAnswer, LegBeside } from '../../../proxy/exchange.js';
import { isSuccess } from '../../../proxy/is-success.js';
import { DecodeLegs } from './decode-leg.service.js';
import { targetOf, type Chosen, type FailedLeg, type PairRun } from './pair-run.js';
import { PrefillLegs, type PrefillDone } from './prefill-leg.service.js';
import { Stages } from './stages.service.js';

/** Undefined: nobody needs it any more. */
type PrefillEnd = PrefillDone | FailedLeg | undefined;

/** A prefill that is under way. */
interface UnderWay {
  /** Never rejects. */
  readonly end: Promise<PrefillEnd>;
  abort(): void;
}

/** Prefill and decode side by side: when one fails both are sent anew, as another pair. */
@Injectable()
export class ConcurrentPairs {
  constructor(
    private readonly stages: Stages,
    private readonly prefills: PrefillLegs,
    private readonly decodes: DecodeLegs,
  ) {}

  /**
   * @param decoder that was chosen already
   * @returns the leg that has failed, where one has
   */
  async once(
    run: PairRun,
    plan: ConcurrentPlan,
    decoder: Chosen | undefined,
  ): Promise<FailedLeg | undefined> {
    const prefiller = this.stages.choose(run, 'prefill');
    let decodes = decoder;
    try {
      decodes ??= this.stages.choose(run, 'decode');
      const pair = await this.pairOf(run, plan, prefiller);
      if ('chosen' in pair) return pair;
      const prefill = await this.start(run, prefiller, pair);
      if ('chosen' in prefill) return prefill;
      const beside = new BesideDecode(run, plan, prefill);
      run.exchange.beside = beside;
      return await this.beside(run, pair, decodes, beside);
    } catch (error) {
      prefiller.end('abandoned');
      throw error;
    } finally {
      decodes?.end('abandoned');
    }
  }

  /** @returns both legs, or why they cannot be made for that worker */
  private async pairOf(
    { exchange }: PairRun,
    plan: ConcurrentPlan,
    prefiller: Chosen,
  ): Promise<LegPair | FailedLeg> {
    try {
      const pair = plan.pair(targetOf(prefiller.endpoint));
      return pair instanceof Promise ? await untilEnded(exchange, pair) : pair;
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      return this.prefills.failed(prefiller, { error });
    }
  }

  /** @returns when its request is on its way, or has failed before */
  private async start(
    run: PairRun,
    prefiller: Chosen,
    { prefill: leg }: LegPair,
  ): Promise<UnderWay | FailedLeg> {
    const sent = Promise.withResolvers<undefined>();
    let abort = (): void => undefined;
    const onSent = (giveUp: () => void): void => {
      abort = giveUp;
      sent.resolve(undefined);
    };
    const end: Promise<PrefillEnd> = this.prefills
      .send(run, prefiller, { leg, readsAnswer: false, onSent })
      .catch((error: unknown) => {
        if (error instanceof ExchangeEndedError) return undefined;
        throw error;
      });
    const first = await Promise.race([sent.promise, end]);
    return first && 'chosen' in first ? first : { end, abort: () => abort() };
  }

  private async beside(
    run: PairRun,
    { decode: leg }: LegPair,
    decoder: Chosen,
    prefill: BesideDecode,
  ): Promise<FailedLeg | undefined> {
    try {
      const isLast = this.stages.isLast(run, 'decode');
      const end = await this.decodes.send(run, decoder, leg, isLast);
      if (typeof end === 'string') return undefined;
      // It would wait for a decoder that does not come.
      prefill.abort();
      return end;
    } catch (error) {
      if (prefill.failed && error === prefill.error) return prefill.failed;
      prefill.abort();
      throw error;
    } finally {
      run.exchange.beside = undefined;
    }
  }
}

/** What a prefill means for the decode beside it. */
class BesideDecode implements LegBeside {
  readonly failure: Promise<BufferedAnswer | ProxyError | undefined>;
  readonly holds: number | undefined;
  /** Set when it has failed so that another pair may be asked. */
  failed: FailedLeg | undefined;
  error: ProxyError | undefined;

  constructor(
    private readonly run: PairRun,
    private readonly plan: ConcurrentPlan,
    private readonly prefill: UnderWay,
  ) {
    this.holds = plan.holdsAnswer;
    this.failure = prefill.end.then((end) => this.judge(end));
  }

  abort(): void {
    this.prefill.abort();
  }

  private judge(end: PrefillEnd): BufferedAnswer | ProxyError | undefined {
    if (!end) return undefined;
    if (!('chosen' in end)) {
      return isSuccess(end.answer.head) ? this.plan.inVain?.(end.answer) : end.answer;
    }
    // The decoder has what it needs: its answer has begun.
    if (this.run.exchange.response.headersSent) return undefined;
    this.failed = end;
    const { error, answer } = end;
    this.error =
      error ?? new ProxyError('prefill_server_error', `status ${answer!.head.statusCode}`);
    return this.error;
  }
}
