import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import type { Target } from '../endpoint/target.js';
import { collectAnswer, type CollectedRequest } from '../proxy/answer-collector.js';
import type { BufferedAnswer, Exchange, Leg } from '../proxy/exchange.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';
import { untilEnded } from './until-ended.js';

/** The head ends the wait for a prefill; what follows is a few hundred bytes that an engine has at hand. */
const BODY_TIMEOUT_MS = 60_000;

/** The prefill leg of one request. */
export interface PrefillLeg {
  readonly exchange: Exchange;
  /** At least one; they are asked in this order. */
  readonly candidates: readonly Target[];
  /** The leg's head; made anew for each attempt, since each has a span of its own. */
  readonly head: (target: Target, leg: Leg) => string;
  /** The same for all attempts, or made for each. */
  readonly leg: Leg | ((target: Target) => Leg | Promise<Leg>);
  /** A 2xx must be a JSON object. */
  readonly readsAnswer: boolean;
  /**
   * Set where the decode does not wait for the answer: called when an attempt is on its way, as `collectAnswer` says.
   */
  readonly onSent?: CollectedRequest['onSent'];
  /** Whether {@link onSent} was called: nothing is tried again then. */
  readonly isSent?: () => boolean;
}

/** Sends prefill legs, within the time and size that the configuration allows. */
@Injectable()
export class PrefillSender {
  constructor(
    private readonly upstream: UpstreamService,
    private readonly origins: Origins,
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
  ) {}

  /**
   * One attempt. A connection to the decoder is opened beside it where none is kept, and none is needed at once.
   *
   * @returns the prefiller's whole answer, whatever its status
   * @throws what `collectAnswer` throws, and ProxyError when the leg cannot be made
   */
  send(prefill: PrefillLeg, target: Target): Promise<BufferedAnswer> {
    const leg = typeof prefill.leg === 'function' ? prefill.leg(target) : prefill.leg;
    if (!(leg instanceof Promise)) return this.collect(prefill, target, leg);
    return untilEnded(prefill.exchange, leg).then((made) => this.collect(prefill, target, made));
  }

  private collect(
    { exchange, onSent, head }: PrefillLeg,
    target: Target,
    leg: Leg,
  ): Promise<BufferedAnswer> {
    const { prefillerConnectTimeout, prefillerTimeout, maxPrefillResponseBytes } = this.config;
    if (!onSent) this.upstream.prepare(this.origins.decoders[exchange.rank]!);
    return collectAnswer(this.upstream, exchange, {
      origin: this.origins.prefiller(leg.target ?? target),
      limit: maxPrefillResponseBytes,
      bodyTimeout: prefillerTimeout > 0 ? Math.max(prefillerTimeout, BODY_TIMEOUT_MS) : 0,
      onSent,
      request: {
        head: head(target, leg),
        body: leg.body,
        memory: exchange.body,
        toHead: false,
        connectTimeout: prefillerConnectTimeout,
        headTimeout: prefillerTimeout,
        repeatable: true,
      },
    });
  }
}
