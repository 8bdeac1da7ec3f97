import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { exchangeOf } from '../proxy/exchange.js';
import { clientAddress } from '../proxy/client-address.js';
import { Allowlist } from './allowlist.js';

/**
 * May this request go there? The first candidate decides; others that are not allowed are dropped,
 * so that nothing behind this guard can dial one.
 */
@Injectable()
export class SsrfGuard implements CanActivate {
  constructor(
    private readonly allowlist: Allowlist,
    private readonly logger: Logger,
    private readonly metrics: SidecarMetrics,
  ) {}

  /** @throws ProxyError target_not_allowed */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    const exchange = exchangeOf(request);
    const { route } = exchange;
    if (!route) return true;
    const [first] = route.candidates;
    if (!first || !this.allowlist.allows(first)) {
      const target = first?.label ?? '';
      this.metrics.blocked();
      this.logger.warn('ssrf: prefill target refused', {
        target,
        reason: 'not in the allowlist',
        client: clientAddress(request),
        requestId: exchange.facts.requestId,
      });
      throw new ProxyError('target_not_allowed', `${target} is not in the allowlist`);
    }
    const candidates = route.candidates.filter(
      (one) => one === first || this.allowlist.allows(one),
    );
    exchange.route = { ...route, candidates };
    return true;
  }
}
