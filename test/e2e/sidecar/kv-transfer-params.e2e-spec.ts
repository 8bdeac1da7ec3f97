import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const OWN = '{"kv_transfer_params":{"remote_host":"evil"},"prompt":"x"}';

describe('a prefill that brings no kv_transfer_params', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture({ metricsPort: await freePort() });
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.decoder.requests.length = 0;
    fixture.log.lines.length = 0;
  });

  const count = async (): Promise<number> =>
    (await readMetrics(fixture.opsUrl)).get('sidecar_prefill_without_kv_params_total')!;

  it.each(['{}', '{"kv_transfer_params":null}', '{"usage":{}}'])(
    'because it answers %s is decoded without them, with a warning and a count',
    async (answer) => {
      const before = await count();
      fixture.prefiller.behaviour = json(answer);
      expect((await postPrefilled(fixture, OWN)).status).toBe(200);
      expect(fixture.decoder.last.body.toString()).toBe('{"prompt":"x"}');
      const warnings = fixture.log.lines.filter(({ level }) => level === 'warn');
      expect(warnings.map(({ message }) => message)).toEqual([
        expect.stringContaining('kv_transfer_params'),
      ]);
      expect(await count()).toBe(before + 1);
    },
  );

  it.each([201, 202])('but status %s is a success all the same', async (status) => {
    fixture.prefiller.behaviour = json({ kv_transfer_params: { a: 1 } }, status);
    expect((await postPrefilled(fixture, '{"a":0}')).status).toBe(200);
    expect(fixture.decoder.last.body.toString()).toBe('{"a":0,"kv_transfer_params":{"a":1}}');
  });
});

describe('a client’s own kv_transfer_params', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.stop());

  it.each(['nixlv2', 'nixl', 'lmcache'])(
    'never go with a disaggregated request (%s)',
    async (name) => {
      const headers = { 'x-connector-protocol': name };
      expect((await postPrefilled(fixture, OWN, { headers })).status).toBe(200);
      expect(fixture.prefiller.last.body.toString()).not.toContain('evil');
      expect(fixture.decoder.last.body.toString()).not.toContain('evil');
    },
  );

  it('stay in a request that is passed through', async () => {
    const headers = { 'x-prefiller-host-port': '' };
    expect((await postPrefilled(fixture, OWN, { headers })).status).toBe(200);
    expect(fixture.decoder.last.body.toString()).toBe(OWN);
  });
});
