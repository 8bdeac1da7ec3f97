import { afterEach, describe, expect, it } from '@jest/globals';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const MIB = 1024 * 1024;

describe('a long prompt', () => {
  let fixture: SidecarFixture;
  afterEach(() => fixture.stop());

  const post = (): Promise<Response> =>
    fetch(`${fixture.url}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'x'.repeat(4 * MIB), stream: true }),
      headers: { 'x-prefiller-host-port': fixture.prefiller.hostPort },
    });

  it('is held until its answer begins, and not while it streams', async () => {
    fixture = await startFixture({ maxBufferedBytes: 5 * MIB });
    const finish: (() => void)[] = [];
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
      finish.push(() => response.end());
    };
    const first = await post();
    const second = await post();
    expect([first.status, second.status]).toEqual([200, 200]);

    let answerPrefill!: () => void;
    fixture.prefiller.behaviour = (response, request) => {
      answerPrefill = () => void json({ kv_transfer_params: KV_PARAMS })(response, request);
    };
    const third = post();
    await fixture.prefiller.received(3);
    const fourth = await post();
    expect(fourth.status).toBe(503);
    await fourth.text();
    answerPrefill();
    expect((await third).status).toBe(200);
    for (const end of finish) end();
    await Promise.all([first.text(), second.text(), (await third).text()]);
  });
});
