import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { exchangeOf, type Exchange } from '../proxy/exchange.js';
import { clientAddress } from '../proxy/client-address.js';
import { Allowlist, type Verdict } from './allowlist.js';

/**
 * May this request go there? The first candidate decides; others that are not allowed are dropped, and so
 * are hosts that other headers name, so that nothing behind this guard can dial one.
 */
@Injectable()
export class SsrfGuard implements CanActivate {
  constructor(
    private readonly allowlist: Allowlist,
    private readonly logger: Logger,
    private readonly metrics: SidecarMetrics,
  ) {}

  /** @throws ProxyError target_not_allowed */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const exchange = exchangeOf(context.switchToHttp().getRequest<IncomingMessage>());
    const { route, sideTargets } = exchange;
    if (!route && !sideTargets) return true;
    const [first, ...others] = route?.candidates ?? [];
    const verdict = first && this.allowlist.check(first);
    if (others.length > 0 || sideTargets || verdict instanceof Promise) {
      return this.decide(exchange, verdict, others);
    }
    this.admit(exchange, [this.permit(exchange, first!, verdict!)]);
    return true;
  }

  /** The rarer cases: several hosts, or a name that must be resolved. */
  private async decide(
    exchange: Exchange,
    verdict: Verdict | Promise<Verdict> | undefined,
    others: readonly Target[],
  ): Promise<boolean> {
    if (verdict) {
      const first = this.permit(exchange, exchange.route!.candidates[0]!, await verdict);
      this.admit(exchange, [
        first,
        ...(await this.allowed(exchange, others, 'fallback prefiller')),
      ]);
    }
    const { sideTargets } = exchange;
    if (sideTargets) {
      exchange.sideTargets = {
        encoders: await this.allowed(exchange, sideTargets.encoders, 'encoder'),
        kvSources: await this.allowed(exchange, sideTargets.kvSources, 'KV cache source'),
      };
    }
    return true;
  }

  private admit(exchange: Exchange, candidates: readonly Target[]): void {
    exchange.route = { ...exchange.route!, candidates };
  }

  /** Those of hosts that are not essential that may be dialled. */
  private async allowed(
    exchange: Exchange,
    targets: readonly Target[],
    what: string,
  ): Promise<Target[]> {
    const allowed: Target[] = [];
    for (const target of targets) {
      // Nobody waits for an answer any more, so nobody needs these.
      if (exchange.ended) break;
      const verdict = await this.allowlist.check(target);
      if (verdict.allowed) allowed.push(verdict.target);
      else this.report(exchange, target, verdict.reason, `ssrf: ${what} passed over`);
    }
    return allowed;
  }

  private permit(exchange: Exchange, target: Target, verdict: Verdict): Target {
    if (verdict.allowed) return verdict.target;
    this.metrics.blocked();
    this.report(exchange, target, verdict.reason, 'ssrf: prefill target refused');
    throw new ProxyError('target_not_allowed', `${target.label}: ${verdict.reason}`);
  }

  private report(exchange: Exchange, target: Target, reason: string, message: string): void {
    this.logger.warn(message, {
      target: target.label,
      reason,
      client: clientAddress(exchange.request),
      requestId: exchange.facts.requestId,
    });
  }
}
