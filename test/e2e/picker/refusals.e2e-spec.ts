import { afterEach, describe, expect, it } from '@jest/globals';
import type { PlayedRequest } from '../../support/ext-proc-exchange.js';
import { PickerProgram, type ProgramSetup } from '../../support/picker-program.js';

const REASON = 'x-llm-d-request-dropped-reason';
const A = { name: 'a', endpoint: '10.9.0.1:8000' };
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
const HINT = 'envoy.lb.subset_hint';
const SUBSET = 'x-gateway-destination-endpoint-subset';
const MODES = ['FULL_DUPLEX_STREAMED', 'BUFFERED'] as const;

let picker: PickerProgram | undefined;

async function start(setup: ProgramSetup): Promise<PickerProgram> {
  return (picker = await PickerProgram.configured(setup));
}

afterEach(async () => {
  await picker?.stop();
  picker = undefined;
});

/** @returns the message, where the refusal is as all are */
async function refused(
  sut: PickerProgram,
  request: PlayedRequest,
  status: number,
  reason?: string,
): Promise<string> {
  const { immediate } = await sut.ask(request);
  expect([immediate?.status, immediate?.headers[REASON]]).toEqual([status, reason]);
  expect(immediate!.headers['content-type']).toBe('application/json');
  const { error } = JSON.parse(immediate!.body.toString()) as { error: Record<string, unknown> };
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^[^\n]+$/) as unknown,
    type: expect.stringMatching(/./) as unknown,
    code: status,
  });
  expect(immediate!.body.toString()).not.toMatch(/\.[jt]s:\d/);
  return error['message'] as string;
}

describe('requests that the picker refuses', () => {
  it.each(MODES)('are wrong, which needs no reason, in mode %s', async (mode) => {
    const sut = await start({ endpoints: [A] });
    const of = (body: PlayedRequest['body'], path?: string) =>
      refused(sut, { mode, body: body!, ...(path && { path }) }, 400);
    expect(await of('{"model":"m"')).toContain('JSON');
    for (const text of ['', 'hello', '{"model":"m",}', Buffer.from([0xff, 0xfe]), '{} {}'])
      await of(text);
    for (const other of ['[]', 'null', '1', '"text"', 'true']) await of(other);
    expect(await of({ messages: [] })).toContain('model');
    for (const model of ['', null, 1, {}, ['m'], true]) {
      expect(await of({ ...CHAT, model })).toContain('model');
    }
    expect(await of({ model: 'm' })).toContain('messages');
    for (const messages of [null, 'x', {}, 1]) {
      expect(await of({ model: 'm', messages })).toContain('messages');
    }
    await of({ prompt: 'x' }, '/v1/completions');
    await of({ input: 'x' }, '/v1/embeddings?x=1');
    expect((await sut.ask({ mode, body: CHAT })).endpoint).toBe(A.endpoint);
  });

  it('are wrong only where something is read', async () => {
    const sut = await start({ endpoints: [A] });
    for (const mode of ['STREAMED', 'NONE'] as const) {
      expect((await sut.ask({ mode, body: 'not JSON' })).endpoint).toBe(A.endpoint);
    }
    const path = '/v1/something';
    expect((await sut.ask({ path, body: 'not JSON' })).endpoint).toBe(A.endpoint);
  });

  it.each([true, false])(
    'find no endpoint in an empty pool, with a body or without: %s',
    async (hasBody) => {
      const sut = await start({ endpoints: [] });
      const body = hasBody ? { body: CHAT } : { path: '/v1/models' };
      for (const mode of [...MODES, 'STREAMED', 'NONE'] as const) {
        await refused(sut, { mode, ...body }, 503, 'rejected-no-endpoints');
      }
    },
  );

  it.each([true, false])(
    'find no endpoint in a subset, with a body or without: %s',
    async (hasBody) => {
      const sut = await start({ endpoints: [A] });
      const body = hasBody ? { body: CHAT } : { path: '/v1/models' };
      for (const value of [[], '', ['10.9.0.1:8001'], '10.9.0.1', ['10.9.0.2:8000'], 'x']) {
        const metadata = { [HINT]: { [SUBSET]: value } };
        await refused(sut, { ...body, metadata }, 503, 'rejected-no-endpoints');
      }
      const metadata = { [HINT]: { [SUBSET]: '10.9.0.2:8000, 10.9.0.1:8000' } };
      expect((await sut.ask({ ...body, metadata })).endpoint).toBe(A.endpoint);
    },
  );

  it('are left nothing by filters', async () => {
    const sut = await start({
      endpoints: [{ ...A, labels: { 'llm-d.ai/role': 'prefill' } }],
      plugins: '- {type: decode-filter}',
    });
    for (const request of [{ body: CHAT }, { path: '/v1/models' }]) {
      const { immediate } = await sut.ask(request);
      expect([
        [429, 'rejected-saturated'],
        [503, 'rejected-no-endpoints'],
      ]).toContainEqual([immediate?.status, immediate?.headers[REASON]]);
    }
  });

  it('are too many for the utilization-filter', async () => {
    const sut = await start({
      endpoints: [A],
      plugins:
        '- {type: utilization-filter, parameters: {conditions: [{metric: active-requests, maxValue: 0}]}}',
    });
    const open = await sut.ask({ body: CHAT });
    expect(open.endpoint).toBe(A.endpoint);
    await refused(sut, { body: CHAT }, 429, 'rejected-saturated');
    await refused(sut, { path: '/v1/models' }, 429, 'rejected-saturated');
  });

  it('are of a priority below 0 while the pool is saturated', async () => {
    const sut = await start({
      endpoints: [A],
      plugins: '- {type: concurrency-detector, parameters: {maxConcurrency: 1}}',
      config: 'saturationDetector: {pluginRef: concurrency-detector}',
      flags: ['--objectives=low=-1,high=1'],
    });
    const of = (objective: string) => [['x-llm-d-inference-objective', objective]] as const;
    expect((await sut.ask({ body: CHAT, headers: of('low') })).endpoint).toBe(A.endpoint);
    await refused(sut, { body: CHAT, headers: of('low') }, 429, 'rejected-saturated');
    const old = [['x-gateway-inference-objective', 'low']] as const;
    await refused(sut, { body: CHAT, headers: old }, 429, 'rejected-saturated');
    for (const name of ['high', 'unknown']) {
      const { endpoint, headers } = await sut.ask({ body: CHAT, headers: of(name) });
      expect(endpoint).toBe(A.endpoint);
      expect(headers.has('x-llm-d-inference-objective')).toBe(false);
    }
  });
});
