import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { exchangeIn, type Exchange } from '../proxy/exchange.js';
import { clientAddress } from '../proxy/client-address.js';
import { Allowlist, type Verdict } from './allowlist.js';
import { refuseTarget } from './refuse-target.js';

/**
 * May this request go there? The first candidate decides; others that are not allowed are dropped, so that
 * nothing behind this guard can dial one.
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
    const exchange = exchangeIn(context);
    const { route, kvSource, encoders } = exchange;
    if (kvSource || encoders) return this.decideAll(exchange);
    if (!route) return true;
    const [first, ...others] = route.candidates;
    const verdict = this.allowlist.check(first!);
    if (others.length > 0 || verdict instanceof Promise) {
      return this.decide(exchange, verdict, others);
    }
    this.admit(exchange, [this.permit(exchange, first!, verdict)]);
    return true;
  }

  /** Where a request names more than prefillers: whoever of the others is not allowed is left out. */
  private async decideAll(exchange: Exchange): Promise<boolean> {
    const { route, kvSource, encoders } = exchange;
    if (route) {
      const [first, ...others] = route.candidates;
      await this.decide(exchange, this.allowlist.check(first!), others);
    }
    if (kvSource) {
      [exchange.kvSource] = await this.allowed(exchange, [kvSource], 'source of KV ignored');
    }
    if (encoders) {
      const allowed = await this.allowed(exchange, encoders, 'encoders passed over');
      exchange.encoders = allowed.length > 0 ? allowed : undefined;
    }
    return true;
  }

  /** The rarer cases: several candidates, or a name that must be resolved. */
  private async decide(
    exchange: Exchange,
    verdict: Verdict | Promise<Verdict>,
    others: readonly Target[],
  ): Promise<boolean> {
    const first = this.permit(exchange, exchange.route!.candidates[0]!, await verdict);
    this.admit(exchange, [
      first,
      ...(await this.allowed(exchange, others, 'fallback prefillers passed over')),
    ]);
    return true;
  }

  private admit(exchange: Exchange, candidates: readonly Target[]): void {
    exchange.route = { ...exchange.route!, candidates };
  }

  /** Those that may be dialled. @param otherwise what is logged of the others */
  private async allowed(
    exchange: Exchange,
    candidates: readonly Target[],
    otherwise: string,
  ): Promise<Target[]> {
    const allowed: Target[] = [];
    const refused: string[] = [];
    for (const candidate of candidates) {
      // Nobody waits for an answer any more, so nobody needs these.
      if (exchange.ended) break;
      const verdict = await this.allowlist.check(candidate);
      if (verdict.allowed) allowed.push(verdict.target);
      else refused.push(`${candidate.label}: ${verdict.reason}`);
    }
    if (refused.length > 0) {
      this.logger.warn(`ssrf: ${otherwise}`, {
        refused,
        client: clientAddress(exchange.request),
        requestId: exchange.facts.requestId,
      });
    }
    return allowed;
  }

  private permit(exchange: Exchange, target: Target, verdict: Verdict): Target {
    if (verdict.allowed) return verdict.target;
    // Nobody has said no: it may be asked again.
    if (verdict.reason === 'too many names are being resolved') {
      throw new ProxyError('names_busy', `${target.label}: ${verdict.reason}`);
    }
    const { logger, metrics } = this;
    throw refuseTarget(exchange, target, verdict.reason, { logger, metrics });
  }
}
