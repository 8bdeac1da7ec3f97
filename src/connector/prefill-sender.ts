import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import type { Target } from '../endpoint/target.js';
import type { BodySlices } from '../openai/json-splice.js';
import { collectAnswer } from '../proxy/answer-collector.js';
import type { BufferedAnswer, Exchange } from '../proxy/exchange.js';
import { Origins } from '../proxy/origins.js';
import { UpstreamService } from '../proxy/upstream.service.js';

/** The head ends the wait for a prefill; what follows is a few hundred bytes that an engine has at hand. */
const BODY_TIMEOUT_MS = 60_000;

/** The prefill leg of one request. */
export interface PrefillLeg {
  readonly exchange: Exchange;
  /** At least one; they are asked in this order. */
  readonly candidates: readonly Target[];
  /** The leg's head; made anew for each attempt, since each has a span of its own. */
  readonly head: (target: Target) => string;
  readonly body: BodySlices;
  /** A 2xx must be a JSON object. */
  readonly readsAnswer: boolean;
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
   * One attempt, beside which a connection to the decoder is opened where none is kept.
   *
   * @returns the prefiller's whole answer, whatever its status
   * @throws what `collectAnswer` throws
   */
  send({ exchange, head, body }: PrefillLeg, target: Target): Promise<BufferedAnswer> {
    const { prefillerConnectTimeout, prefillerTimeout, maxPrefillResponseBytes } = this.config;
    this.upstream.prepare(this.origins.decoder);
    return collectAnswer(this.upstream, exchange, {
      origin: this.origins.prefiller(target),
      limit: maxPrefillResponseBytes,
      bodyTimeout: prefillerTimeout > 0 ? Math.max(prefillerTimeout, BODY_TIMEOUT_MS) : 0,
      request: {
        head: head(target),
        body,
        memory: exchange.body,
        toHead: false,
        connectTimeout: prefillerConnectTimeout,
        headTimeout: prefillerTimeout,
        repeatable: true,
      },
    });
  }
}
