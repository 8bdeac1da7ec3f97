import { allowed, bypassed, denied } from './build.js';
import type { SsrfCase } from './case.js';

const A = '{A}:{P}';
const B = '{B}:{P}';

const B_IS_OUT = [
  'pod B is deleted',
  'pod B is being deleted',
  'pod B is relabelled',
  'pod B fails',
  'pod B succeeds',
  'pod B moves',
  'pod B is deleted while the watch is down',
  'pod B is deleted and history forgotten',
] as const;

const A_IS_OUT = [
  'the selector becomes empty',
  'the selector goes',
  'the pool is deleted',
  'pod A is deleted after a request',
] as const;

const REDIRECTS = [301, 302, 303, 307, 308];

/** R5, R8, R9 and R10: what changes while the sidecar runs. */
export const LIFECYCLE_CASES: readonly SsrfCase[] = [
  ...B_IS_OUT.map((setup) => denied('R5', setup, B, { setup })),
  ...A_IS_OUT.map((setup) => denied('R5', setup, A, { setup })),
  allowed('R5', 'a pod comes', ['{NEW}:{P}', '{NEW}:{P}'], { setup: 'a pod comes' }),
  allowed('R5', 'a pod moves, and its name with it', ['{PODB}:{P}', '{NEW}:{P}'], {
    setup: 'pod B moves',
    expect: { dnsQueries: 0 },
  }),
  ...REDIRECTS.map((status): SsrfCase => ({
    ...denied('R8', `a ${status} is not followed`, A),
    setup: `the prefiller answers ${status}`,
    expect: { status, decoderCalled: false },
  })),
  allowed('R8', 'other hosts that a prefiller advertises are not asked', [A, A], {
    setup: 'the prefiller advertises others',
  }),
  denied('R9', 'refused before the first sync', A, { setup: 'API hangs' }),
  denied('R9', 'refused before the pods are listed', A, { setup: 'pod list hangs' }),
  bypassed('R9', 'other requests are served before the first sync', [], { setup: 'API hangs' }),
  {
    ...denied('R5', 'a pod that goes between two attempts is not asked again', B),
    setup: 'pod B goes between two attempts',
    config: { flags: ['--prefill-max-retries=3', '--retry-backoff=300ms'] },
    expect: { status: 504, alsoOk: [403, 502, 503], decoderCalled: false, prefills: 1 },
  },
  denied('R10', 'nobody when the set is too old', A, {
    setup: 'the API is away for too long',
    config: { flags: ['--ssrf-max-staleness=2s'] },
  }),
  allowed('R10', 'the last known pods while the API is away', [A, A], {
    setup: 'the API is away for 2 s',
  }),
];
