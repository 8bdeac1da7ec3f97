import { Controller, Get, Header, Res } from '@nestjs/common';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
// By another name: decorators would look up the global Response, and with it load all of undici.
import type { Response as ExpressResponse } from 'express';
import { MetricsReport } from './metrics-report.js';

/** GET /metrics in Prometheus' text format, of the whole program. */
@Controller()
export class MetricsController extends PrometheusController {
  constructor(private readonly report: MetricsReport) {
    super();
  }

  @Get()
  @Header('cache-control', 'no-store')
  override async index(@Res({ passthrough: true }) response: ExpressResponse): Promise<string> {
    response.header('content-type', this.report.contentType);
    return this.report.text();
  }
}
