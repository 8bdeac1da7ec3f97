import { describe, expect, it } from '@jest/globals';
import { contextOf } from '../../test/support/http-context.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { parseTargets, type Target } from '../endpoint/target.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { bindExchange, type Exchange } from '../proxy/exchange.js';
import { AllowAll, Allowlist } from './allowlist.js';
import { SsrfGuard } from './ssrf.guard.js';

class AllowHosts extends Allowlist {
  constructor(private readonly hosts: string[]) {
    super();
  }
  override allows({ host }: Target): boolean {
    return this.hosts.includes(host);
  }
}

const logger = new RecordingLogger();
const metrics = new SidecarMetrics([]);

function guarded(candidates: string | undefined, allowlist: Allowlist): Exchange {
  const exchange = exchangeWith();
  if (candidates !== undefined) {
    exchange.route = { candidates: parseTargets([candidates])!, connector: 'nixlv2' };
  }
  bindExchange(exchange);
  const guard = new SsrfGuard(allowlist, logger, metrics);
  expect(guard.canActivate(contextOf(exchange))).toBe(true);
  return exchange;
}
const left = ({ route }: Exchange): string[] => route!.candidates.map(({ host }) => host);

describe(SsrfGuard.name, () => {
  it('lets everything pass when protection is off', () => {
    expect(left(guarded('a:1,b:1', new AllowAll()))).toEqual(['a', 'b']);
  });

  it('does not look at a request that is not prefilled elsewhere', () => {
    expect(guarded(undefined, new AllowHosts([])).route).toBeUndefined();
  });

  it('passes over fallback candidates that are not allowed', () => {
    expect(left(guarded('a:1,evil:1,b:1', new AllowHosts(['a', 'b'])))).toEqual(['a', 'b']);
  });

  it('refuses a request whose first candidate is not allowed, counts it and logs it', async () => {
    logger.lines.length = 0;
    expect(() => guarded('evil:1,a:1', new AllowHosts(['a']))).toThrow(
      expect.objectContaining({ code: 'target_not_allowed' }),
    );
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { target: 'evil:1', requestId: 'the-id' } },
    ]);
    expect(logger.lines[0]!.message).toContain('ssrf');
    expect(await metrics.registry.metrics()).toMatch(/^ssrf_blocked_total 1$/m);
  });

  it('refuses a route without candidates', () => {
    expect(() => guarded('', new AllowAll())).toThrow(
      expect.objectContaining({ code: 'target_not_allowed' }),
    );
  });
});
