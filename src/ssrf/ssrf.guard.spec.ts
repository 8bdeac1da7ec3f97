import { beforeEach, describe, expect, it } from '@jest/globals';
import { contextOf } from '../../test/support/http-context.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { parseTargets, type Target } from '../endpoint/target.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { bindExchange, type Exchange } from '../proxy/exchange.js';
import { AllowAll, Allowlist, type Verdict } from './allowlist.js';
import { SsrfGuard } from './ssrf.guard.js';

class AllowHosts extends Allowlist {
  constructor(private readonly hosts: string[]) {
    super();
  }
  override check(target: Target): Verdict | Promise<Verdict> {
    const verdict: Verdict = this.stillAllows(target)
      ? { allowed: true, target: { ...target, addresses: ['10.0.0.1'] } }
      : { allowed: false, reason: 'not in the allowlist' };
    return target.host === 'slow' ? Promise.resolve(verdict) : verdict;
  }
  override stillAllows({ host }: Target): boolean {
    return this.hosts.includes(host);
  }
}

const logger = new RecordingLogger();
let metrics = new SidecarMetrics([]);

interface Named {
  readonly candidates?: string;
  readonly kvSource?: string;
  readonly encoders?: string;
}

async function guarded(named: Named, allowlist: Allowlist): Promise<Exchange> {
  const exchange = exchangeWith();
  const read = (text: string | undefined): Target[] => parseTargets([text ?? ''])!;
  if (named.candidates !== undefined) {
    exchange.route = { candidates: read(named.candidates) };
  }
  [exchange.kvSource] = read(named.kvSource);
  if (named.encoders !== undefined) exchange.encoders = read(named.encoders);
  bindExchange(exchange);
  const guard = new SsrfGuard(allowlist, logger, metrics);
  expect(await guard.canActivate(contextOf(exchange))).toBe(true);
  return exchange;
}
const left = ({ route }: Exchange): string[] => route!.candidates.map(({ host }) => host);

const lines = (): string[] =>
  logger.lines.map(({ message, fields }) => `${message} ${String(fields['target'])}`);

describe(SsrfGuard.name, () => {
  beforeEach(() => {
    logger.lines.length = 0;
    metrics = new SidecarMetrics([]);
  });

  it('lets everything pass when protection is off', async () => {
    expect(left(await guarded({ candidates: 'a:1,b:1' }, new AllowAll()))).toEqual(['a', 'b']);
  });

  it('decides at once about one address', () => {
    const exchange = exchangeWith();
    exchange.route = { candidates: parseTargets(['a:1'])! };
    bindExchange(exchange);
    const guard = new SsrfGuard(new AllowHosts(['a']), logger, metrics);
    expect(guard.canActivate(contextOf(exchange))).toBe(true);
  });

  it('does not look at a request that names no host', async () => {
    expect((await guarded({}, new AllowHosts([]))).route).toBeUndefined();
  });

  it('hands on what was checked, not what was named', async () => {
    const { route } = await guarded({ candidates: 'slow:1,b:1' }, new AllowHosts(['slow', 'b']));
    expect(route!.candidates).toMatchObject([
      { label: 'slow:1', addresses: ['10.0.0.1'] },
      { label: 'b:1', addresses: ['10.0.0.1'] },
    ]);
  });

  it('passes over fallback candidates that are not allowed, and says so', async () => {
    const exchange = await guarded({ candidates: 'a:1,evil:1,b:1' }, new AllowHosts(['a', 'b']));
    expect(left(exchange)).toEqual(['a', 'b']);
    expect(logger.lines).toMatchObject([
      {
        message: 'ssrf: fallback prefillers passed over',
        fields: { refused: ['evil:1: not in the allowlist'], requestId: 'the-id' },
      },
    ]);
  });

  it('takes a source of KV that is allowed, as it was checked, with and without a prefiller', async () => {
    const allowlist = new AllowHosts(['a', 'slow']);
    const alone = await guarded({ kvSource: 'slow:1' }, allowlist);
    expect(alone.kvSource).toMatchObject({ label: 'slow:1', addresses: ['10.0.0.1'] });
    const routed = await guarded({ candidates: 'a:1,evil:1', kvSource: 'a:2' }, allowlist);
    expect([left(routed), routed.kvSource?.label]).toEqual([['a'], 'a:2']);
  });

  it('ignores a source of KV that is not allowed, and says so', async () => {
    const exchange = await guarded({ kvSource: 'evil:1' }, new AllowHosts(['a']));
    expect(exchange.kvSource).toBeUndefined();
    expect(logger.lines).toMatchObject([
      {
        message: 'ssrf: source of KV ignored',
        fields: { refused: ['evil:1: not in the allowlist'], requestId: 'the-id' },
      },
    ]);
    expect(await metrics.registry.metrics()).toMatch(/^ssrf_blocked_total 0$/m);
  });

  it('drops encoders one by one, and all of them where none is allowed', async () => {
    const some = await guarded({ encoders: 'evil:1,a:1,slow:1' }, new AllowHosts(['a', 'slow']));
    expect(some.encoders!.map(({ label }) => label)).toEqual(['a:1', 'slow:1']);
    const none = await guarded({ encoders: 'evil:1,other:1' }, new AllowHosts(['a']));
    expect(none.encoders).toBeUndefined();
    expect(lines().map((line) => line.split(' undefined')[0])).toEqual([
      'ssrf: encoders passed over',
      'ssrf: encoders passed over',
    ]);
  });

  it('refuses a prefiller before it looks at the others', async () => {
    const named = { candidates: 'evil:1', kvSource: 'a:1', encoders: 'a:1' };
    await expect(guarded(named, new AllowHosts(['a']))).rejects.toMatchObject({
      code: 'target_not_allowed',
    });
  });

  it('asks the client to come back when too many names are being resolved', async () => {
    class Busy extends AllowAll {
      override check(): Verdict {
        return { allowed: false, reason: 'too many names are being resolved' };
      }
    }
    await expect(guarded({ candidates: 'a:1' }, new Busy())).rejects.toMatchObject({
      code: 'names_busy',
      row: { status: 503 },
      retryAfter: 1,
    });
    expect(await metrics.registry.metrics()).toMatch(/^ssrf_blocked_total 0$/m);
  });

  it.each(['evil:1,a:1', 'slow:1', 'evil:1'])(
    'refuses a request whose first candidate is not allowed, counts it and logs it: %s',
    async (candidates) => {
      await expect(guarded({ candidates }, new AllowHosts(['a']))).rejects.toMatchObject({
        code: 'target_not_allowed',
      });
      const [target] = candidates.split(',');
      expect(logger.lines).toMatchObject([
        { level: 'warn', fields: { target, requestId: 'the-id', reason: 'not in the allowlist' } },
      ]);
      expect(lines()).toEqual([`ssrf: prefill target refused ${target}`]);
      expect(await metrics.registry.metrics()).toMatch(/^ssrf_blocked_total 1$/m);
    },
  );
});
