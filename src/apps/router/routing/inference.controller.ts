import { All, Controller, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exchangeOf } from '../../../proxy/exchange.js';
import { Admission } from '../front/admission.service.js';
import { Dispatcher } from './dispatcher.service.js';
import { RequestReader } from './request-reader.js';
import { TO_A_WORKER } from '../front/routes.js';

/** Everything that is a worker's to answer. */
@Controller()
export class InferenceController {
  constructor(
    private readonly admission: Admission,
    private readonly reader: RequestReader,
    private readonly dispatcher: Dispatcher,
  ) {}

  @All(TO_A_WORKER)
  async route(@Req() request: IncomingMessage, @Res() _response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const leave = await this.admission.enter(exchange);
    try {
      await this.dispatcher.run(exchange, await this.reader.read(exchange));
    } finally {
      leave();
    }
  }
}
