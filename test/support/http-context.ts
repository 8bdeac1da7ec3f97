import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { Exchange } from '../../src/proxy/exchange.js';

/** What Nest hands to guards and filters, for one exchange. */
export function contextOf({ request, response }: Exchange): ExecutionContext & ArgumentsHost {
  const http = { getRequest: () => request, getResponse: () => response };
  const getArgByIndex = (index: number): unknown => [request, response][index];
  return { switchToHttp: () => http, getArgByIndex } as unknown as ExecutionContext & ArgumentsHost;
}
