import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StructRecord, StructValue } from '../../support/protobuf-struct.js';
import { PickerProgram } from '../../support/picker-program.js';

const KEY = 'x-gateway-destination-endpoint-subset';
const A = '10.9.0.1:8000';
const RANK = '10.9.0.1:8001';
const SIX = '[fd00::1]:8000';
const BODY = { model: 'm', messages: [{ role: 'user', content: 'x' }] };

let picker: PickerProgram;

beforeAll(async () => {
  picker = await PickerProgram.seed([`--static-hosts=${A},${RANK},${SIX}`]);
});
afterAll(() => picker.stop());

const hint = (value: StructValue): Record<string, StructRecord> => ({
  'envoy.lb.subset_hint': { [KEY]: value },
});

/** @returns where requests with and without a body go; of each the endpoint, or the status and the reason */
async function goTo(value: StructValue): Promise<Set<string>> {
  const all = new Set<string>();
  for (const body of [undefined, BODY, BODY, BODY, BODY]) {
    const sent = { path: '/v1/chat/completions', metadata: hint(value), ...(body && { body }) };
    const { endpoint, immediate, stream } = await picker.ask(sent);
    const reason = immediate?.headers['x-llm-d-request-dropped-reason'];
    all.add(immediate ? `${immediate.status} ${reason}` : endpoint!);
    stream.cancel();
  }
  return all;
}

describe('a subset that the proxy names', () => {
  it.each<[StructValue, string]>([
    [[RANK], RANK],
    [RANK, RANK],
    [[SIX], SIX],
    [SIX, SIX],
    ['[FD00:0::1]:8000', SIX],
    [['10.9.9.9:8000', A], A],
    [`10.9.9.9:8000, ${A} ,`, A],
    [` ${RANK} `, RANK],
  ])('%j lets requests go to %s alone', async (value, endpoint) => {
    expect([...(await goTo(value))]).toEqual([endpoint]);
  });

  it.each<[StructValue]>([
    [[]],
    [''],
    [' , '],
    [['10.9.9.9:8000']],
    ['10.9.0.1:9999'],
    [['10.9.0.1']],
    ['10.9.0.1'],
    [['fd00::1:8000']],
    [[5, null, true]],
    [{ a: A }],
    [null],
  ])('%j leaves no endpoint', async (value) => {
    expect([...(await goTo(value))]).toEqual(['503 rejected-no-endpoints']);
  });

  it('with several leaves the choice among them', async () => {
    expect([...(await goTo([SIX, A]))].sort()).toEqual([A, SIX].sort());
    expect([...(await goTo(`${A},${SIX}`))].sort()).toEqual([A, SIX].sort());
  });

  it.each(['FULL_DUPLEX_STREAMED', 'BUFFERED'] as const)(
    'may come with the last message of the body in mode %s',
    async (mode) => {
      const stream = picker.client.stream();
      stream.send({
        request_headers: { headers: [[':path', '/v1/chat/completions']] },
        protocol_config: { request: mode, response: mode },
        metadata: hint([A]),
      });
      const body = { body: JSON.stringify(BODY), end_of_stream: true };
      stream.send({ request_body: body, metadata: hint(RANK) });
      if (mode === 'BUFFERED') await stream.next();
      const { dynamicMetadata } = await stream.next();
      expect(dynamicMetadata['envoy.lb']).toEqual({ 'x-gateway-destination-endpoint': RANK });
      stream.cancel();
    },
  );

  it('does not count with --disable-endpoint-subset-filter, nor in another namespace', async () => {
    const sut = await PickerProgram.seed([
      `--static-hosts=${A}`,
      '--disable-endpoint-subset-filter',
    ]);
    const open = await sut.ask({ body: BODY, metadata: hint([]) });
    expect(open.endpoint).toBe(A);
    await sut.stop();
    const metadata = { 'envoy.lb': { [KEY]: ['10.9.9.9:1'] } };
    const other = await picker.ask({ body: BODY, metadata });
    expect(other.immediate).toBeUndefined();
    other.stream.cancel();
  });
});
