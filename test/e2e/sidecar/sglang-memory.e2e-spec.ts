import { afterEach, describe, expect, it } from '@jest/globals';
import { json, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { writeMode } from '../../support/moriio.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
/** Its head and an event, then nothing. */
const BEGIN: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
};

describe('the memory of a prompt whose legs run side by side', () => {
  let fixture: SidecarFixture;
  afterEach(() => fixture.stop());

  it.each([
    ['sglang', { kvConnector: 'sglang' }],
    ['moriio', writeMode('--moriio-parallel-dispatch')],
  ])('is given back whichever way many requests end, with %s', async (_, connector) => {
    const KIB = 1024;
    const metricsPort = await freePort();
    fixture = await startFixture({
      ...{ ...connector, maxBufferedBytes: 2048 * KIB, breakerThreshold: 0, metricsPort },
    });
    const ways = [json({}), json({}, 500), json({}, 400), RESET, NEVER, BEGIN];
    const endings = new Map<string, EngineBehaviour[]>();
    const play =
      (side: 0 | 1): EngineBehaviour =>
      (response, request) =>
        endings.get(String(request.headers['x-request-id']))![side]!(response, request);
    fixture.prefiller.behaviour = play(0);
    fixture.decoder.behaviour = play(1);
    const body = `{"prompt":"${'x'.repeat(20 * KIB)}"}`;
    const asked: Promise<unknown>[] = [];
    for (const [p, prefill] of ways.entries()) {
      for (const [d, decode] of ways.entries()) {
        const id = `way-${p}-${d}`;
        endings.set(id, [prefill, decode]);
        const signal = AbortSignal.timeout(300);
        const headers = { 'x-request-id': id };
        asked.push(
          postPrefilled(fixture, body, { headers, signal }).then((answer) => answer.text()),
        );
      }
    }
    await Promise.allSettled(asked);
    await until(() => fixture.log.requests.length === ways.length ** 2, 15_000);
    expect((await readMetrics(fixture.opsUrl)).get('sidecar_in_flight_requests')).toBe(0);
    endings.set('all', [json({}), json({ ok: 1 })]);
    const all = `{"prompt":"${'x'.repeat(2000 * KIB)}"}`;
    const answer = await postPrefilled(fixture, all, { headers: { 'x-request-id': 'all' } });
    expect([answer.status, await answer.text()]).toEqual([200, '{"ok":1}']);
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is held for as long as its prefill, not only until the answer begins', async () => {
    const MIB = 1024 * 1024;
    fixture = await startFixture({ kvConnector: 'sglang', maxBufferedBytes: 5 * MIB });
    let answerPrefill: (() => void) | undefined;
    fixture.prefiller.behaviour = (response, request) => {
      answerPrefill = () => void json({})(response, request);
    };
    let endDecode!: () => void;
    fixture.decoder.behaviour = (response, request) => {
      void BEGIN(response, request);
      endDecode = () => response.end();
    };
    const body = JSON.stringify({ prompt: 'x'.repeat(4 * MIB) });
    const first = await postPrefilled(fixture, body);
    expect(first.status).toBe(200);
    const refused = await postPrefilled(fixture, body);
    expect(refused.status).toBe(503);
    await refused.text();
    // The decode may well be answered before the whole prompt has reached the prefiller.
    await until(() => answerPrefill !== undefined);
    answerPrefill!();
    fixture.prefiller.behaviour = json({});
    let status = 503;
    for (let i = 0; i < 100 && status === 503; i++) {
      const next = await postPrefilled(fixture, body);
      status = next.status;
      if (status === 503) await next.text();
      else {
        const rest = next.text();
        endDecode();
        await rest;
      }
    }
    expect(status).toBe(200);
    await fixture.decoder.stop();
    await first.text().catch(() => undefined);
  });
});
