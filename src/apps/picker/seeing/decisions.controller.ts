import { BadRequestException, Controller, Get, Header, Query } from '@nestjs/common';
import { DecisionRing, type DecisionView } from './decision-ring.js';

/** Where the query does not say. */
const USUAL_LIMIT = 100;

/** GET /debug/decisions: why the last requests went where they went. */
@Controller('debug/decisions')
export class DecisionsController {
  constructor(private readonly ring: DecisionRing) {}

  /** @param limit at most so many */
  @Get()
  @Header('cache-control', 'no-store')
  @Header('x-content-type-options', 'nosniff')
  latest(@Query('limit') limit?: string): { readonly decisions: readonly DecisionView[] } {
    if (limit !== undefined && !/^\d{1,9}$/.test(limit)) {
      throw new BadRequestException('limit: give a whole number, as ?limit=20');
    }
    return { decisions: this.ring.latest(limit === undefined ? USUAL_LIMIT : Number(limit)) };
  }
}
