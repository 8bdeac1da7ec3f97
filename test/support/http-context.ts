import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { Exchange } from '../../src/proxy/exchange.js';

/** What Nest hands to guards and filters, for one exchange. */
export function contextOf({ request, response }: Exchange): ExecutionContext & ArgumentsHost {
  const http = { getRequest: () => request, getResponse: () => response };
  return { switchToHttp: () => http } as unknown as ExecutionContext & ArgumentsHost;
}
