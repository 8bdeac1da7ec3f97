import { All, Controller, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Admission } from '../front/admission.service.js';
import { KeyLimits } from '../front/key-limits.service.js';
import { PairDispatcher } from '../pairs/pair-dispatcher.service.js';
import { PairWays } from '../pairs/pair-ways.service.js';
import { Dispatcher } from './dispatcher.service.js';
import { RequestReader } from './request-reader.js';
import { routedExchangeOf } from './routed-exchange.js';
import { TO_A_WORKER } from '../front/routes.js';

/** Everything that is a worker's to answer. */
@Controller()
export class InferenceController {
  constructor(
    private readonly keys: KeyLimits,
    private readonly admission: Admission,
    private readonly reader: RequestReader,
    private readonly dispatcher: Dispatcher,
    private readonly ways: PairWays,
    private readonly pairs: PairDispatcher,
  ) {}

  @All(TO_A_WORKER)
  async route(@Req() request: IncomingMessage, @Res() _response: ServerResponse): Promise<void> {
    const exchange = routedExchangeOf(request);
    const settle = this.keys.enter(exchange);
    const leave = await this.admission.enter(exchange);
    try {
      const routed = await this.reader.read(exchange);
      const way = this.ways.of(exchange, routed);
      if (way === 'pair') await this.pairs.run(exchange, routed);
      else await this.dispatcher.run(exchange, routed, way);
    } finally {
      leave();
      settle?.(exchange);
    }
  }
}
