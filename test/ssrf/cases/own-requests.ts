import { allowed, bypassed, denied, malformed } from './build.js';
import { HEADER, type SsrfCase } from './case.js';

const A = '{A}:{P}';
const B = '{B}:{P}';
const D = '{D}:{P}';

/** R3: what is looked up, and what is dialled. */
const NAMES: readonly SsrfCase[] = [
  allowed('R3', 'an address costs no query', [A, A], { expect: { dnsQueries: 0 } }),
  allowed('R3', 'a pod name costs none, whatever DNS says', ['{PODNAME}:{P}', A], {
    expect: { dnsQueries: 0 },
  }),
  allowed('R3', 'a pod name in capitals', ['METADATA:{P}', A], { expect: { dnsQueries: 0 } }),
  denied('R3', 'a denied address costs none', D, { expect: { dnsQueries: 0 } }),
  allowed('R3', 'a name of a pod is resolved once', ['one.pods.test:{P}', A], {
    expect: { dnsQueries: 1 },
  }),
  allowed('R3', 'a name of several pods', ['all.pods.test:{P}', A], { expect: { dnsQueries: 1 } }),
  allowed('R3', 'a name with a mapped address', ['mapped.pods.test:{P}', A]),
  denied('R3', 'a name of a pod and of another host', 'mixed.pods.test:{P}'),
  denied('R3', 'the same in another order', 'mixed-last.pods.test:{P}'),
  denied('R3', 'a name of another host', 'denied.pods.test:{P}'),
  denied('R3', 'a name of a mapped other host', 'mapped-denied.pods.test:{P}'),
  denied('R3', 'a name with a scoped address', 'zone.pods.test:{P}'),
  denied('R3', 'a name with an odd address', 'short.pods.test:{P}'),
  denied('R3', 'a name that nobody has', 'no-such-host.test:{P}', { expect: { dnsQueries: 1 } }),
  denied('R3', 'localhost', 'localhost:{P}'),
  denied('R3', 'LOCALHOST', 'LOCALHOST:{P}'),
  denied('R3', 'a name within a cluster', 'kubernetes.default.svc:443'),
  allowed('R3', 'the address that was checked is dialled', ['rebind.pods.test:{P}', A], {
    expect: { dnsQueries: 1 },
  }),
  denied('R3', 'a name that moved away', 'rebind.pods.test:{P}', { expect: { dnsQueries: 1 } }),
  allowed('R3', 'a checked address stays when the first is dead', ['rebind-two.pods.test:{P}', A], {
    expect: { dnsQueries: 1 },
  }),
  denied('R3', 'a name that is not there yet', 'rebind-back.pods.test:{P}'),
  allowed('R3', 'a name that moved in', ['rebind-back.pods.test:{P}', A]),
];

/** R6: lists. */
const LISTS: readonly SsrfCase[] = [
  allowed('R6', 'the first one is asked', [`${A}, ${B}`, A]),
  allowed('R6', 'a denied second one is passed over', [`${A},${D}`, A]),
  denied('R6', 'a denied first one decides', `${D},${A}`),
  allowed('R6', 'the next allowed one after a dead one', [`{A}:{DEADPORT},${D},${B}`, B]),
  malformed('R6', 'nobody is asked when the last one is malformed', `${A},${D},x`),
  {
    ...denied('R6', 'a dead one and a denied one: only the dead one is tried', ''),
    lines: [`${HEADER}: {A}:{DEADPORT},${D}`],
    expect: { status: 504, alsoOk: [502, 503], decoderCalled: false },
  },
  denied('R6', 'two lines, the first one denied', '', {
    lines: [`${HEADER}: ${D}`, `${HEADER}: ${A}`],
  }),
  denied('R6', 'the name of the header in any case', '', {
    lines: [`X-PREFILLER-HOST-PORT: ${D}`, `${HEADER}: ${A}`],
  }),
  allowed('R6', 'two lines, the second one denied', ['', A], {
    lines: [`${HEADER}: ${A}`, `${HEADER}: ${D}`],
  }),
  malformed('R6', 'two lines, the second one malformed', '', {
    lines: [`${HEADER}: ${A}`, `${HEADER}: ${D}/`],
  }),
  allowed('R6', '16 candidates', [[A, ...Array.from({ length: 15 }, () => D)].join(), A]),
  ...Array.from({ length: 12 }, (_, i): SsrfCase => ({
    ...denied('R6', `sampling never asks the denied one (${i + 1})`, `${A},${D}`),
    config: { flags: ['--enable-prefiller-sampling'] },
    expect: { status: 403, alsoOk: [200] },
  })),
];

const KV_BODY =
  '{"model":"m","prompt":"x","kv_transfer_params":{"remote_host":"{D}","remote_port":{P}}}';

/** R7: other ways to name a host. */
const OTHERS: readonly SsrfCase[] = [
  denied('R7', 'x-prefiller-url', '', { lines: [`x-prefiller-url: http://${D}`] }),
  allowed('R7', 'x-prefiller-url of a pod', ['', A], { lines: [`x-prefiller-url: http://${A}`] }),
  malformed('R7', 'x-prefiller-url with a path', '', { lines: [`x-prefiller-url: http://${A}/`] }),
  denied('R7', 'x-prefiller-url behind a blank header', '', {
    lines: [`${HEADER}: `, `x-prefiller-url: http://${D}`],
  }),
  allowed('R7', 'a denied x-prefiller-url beside a header is not asked', ['', A], {
    lines: [`${HEADER}: ${A}`, `x-prefiller-url: http://${D}`],
  }),
  bypassed('R7', 'x-encoder-hosts-ports', [`x-encoder-hosts-ports: ${D}`]),
  bypassed('R7', 'x-kv-cache-source-host-port', [`x-kv-cache-source-host-port: ${D}`]),
  malformed('R7', 'a malformed x-encoder-hosts-ports', '', {
    lines: [`x-encoder-hosts-ports: ${A}@${D}`],
  }),
  malformed('R7', 'a malformed x-kv-cache-source-host-port', '', {
    lines: [`x-kv-cache-source-host-port: ${D}/`],
  }),
  bypassed('R7', 'x-decoder-host-port', [`x-decoder-host-port: ${D}`]),
  bypassed('R7', 'an absolute-form target', [], {
    path: `http://${D}/v1/completions`,
    expect: { alsoOk: [400] },
  }),
  bypassed('R7', 'an absolute-form target with userinfo', [], {
    path: `http://${A}@${D}/v1/completions`,
    expect: { alsoOk: [400] },
  }),
  bypassed('R7', 'another Host', [], { path: '//{D}:{P}/v1/completions' }),
  bypassed('R7', 'X-Forwarded-Host and Forwarded', [
    `X-Forwarded-Host: ${D}`,
    `Forwarded: host="${D}"`,
    `X-Original-URL: http://${D}/`,
  ]),
  bypassed('R7', 'kv_transfer_params of a client', [], { body: KV_BODY }),
  allowed('R7', 'kv_transfer_params of a client with a prefiller', [A, A], { body: KV_BODY }),
  denied('R11', 'a header that Connection names', '', {
    lines: [`Connection: ${HEADER}`, `${HEADER}: ${D}`],
  }),
];

/** R11: every route that prefills. */
const ROUTES: readonly SsrfCase[] = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/inference/v1/generate',
  '/v1/completions?x=1',
  `http://sidecar/v1/completions`,
].map((path) => denied('R11', `POST ${path}`, D, { path }));

const NOT_ROUTED: readonly SsrfCase[] = [
  '/V1/Completions',
  '/v1//completions',
  '/v1/completions/',
  '/v1/%63ompletions',
  '/x/../v1/completions',
  '/v1/embeddings',
].map((path) => bypassed('R11', `POST ${path} is passed through`, [`${HEADER}: ${D}`], { path }));

/** R12 and the order of refusals. */
const ORDER: readonly SsrfCase[] = [
  denied('R12', 'before the body is looked at', D, { body: '{"not json' }),
  denied('R12', 'before the coding is looked at', '', {
    lines: [`${HEADER}: ${D}`, 'Content-Encoding: gzip'],
  }),
  malformed('R12', 'the connector comes first', '', {
    lines: [`${HEADER}: ${D}`, 'x-connector-protocol: no-such'],
  }),
  malformed('R12', 'the grammar before the connector', '', {
    lines: [`${HEADER}: ${D}/`, 'x-connector-protocol: nixlv2'],
  }),
  allowed('R12', 'protection off: all that parses', [D, D], { config: { ssrf: false } }),
  malformed('R12', 'protection off: the grammar stays', `${D}/admin`, { config: { ssrf: false } }),
  {
    ...denied('R8', 'a TLS failure is no reason for plain text', A),
    config: { prefillerTls: true },
    expect: { status: 502, decoderCalled: false },
  },
];

export const REQUEST_CASES: readonly SsrfCase[] = [
  ...NAMES,
  ...LISTS,
  ...OTHERS,
  ...ROUTES,
  ...NOT_ROUTED,
  ...ORDER,
];
