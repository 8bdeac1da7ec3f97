import { readBody } from '../../../proxy/body-buffer.js';
import { BufferBudget } from '../../../proxy/buffer-budget.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { sendContinue } from '../../../listener/expect-continue.js';

const MAX_BYTES = 1024 * 1024;

/** @returns the text of a request to the worker API @throws ProxyError body_too_large above 1 MiB */
export async function readAdminBody(exchange: Exchange): Promise<string> {
  const bytes = await readBody(exchange.request, {
    limit: MAX_BYTES,
    reservation: new BufferBudget(MAX_BYTES).open(),
    begin: () => sendContinue(exchange.response),
    whenEnded: (listener) => exchange.whenEnded(listener),
  });
  return bytes.toString();
}
