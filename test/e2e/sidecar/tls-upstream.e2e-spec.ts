import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SidecarConfig, UpstreamTlsConfig } from '../../../src/config/sidecar.config.js';
import { createSelfSigned } from '../../../src/tls/self-signed.js';
import type { KeyPair } from '../../../src/tls/key-pair.js';
import { encoderConfig } from '../../support/encoder-fixture.js';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const OFF: UpstreamTlsConfig = { enabled: false, insecureSkipVerify: false };
const ON: UpstreamTlsConfig = { enabled: true, insecureSkipVerify: false };

describe('TLS towards the model servers', () => {
  let pair: KeyPair;
  let prefiller: FakeEngine;
  let decoder: FakeEngine;
  beforeAll(async () => {
    pair = await createSelfSigned(['127.0.0.1', 'engine.test']);
    prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }), 0, pair);
    decoder = await FakeEngine.start(json({ ok: true }), 0, pair);
  });
  afterAll(async () => {
    await prefiller.stop();
    await decoder.stop();
  });

  async function ask(
    upstreamTls: Partial<SidecarConfig['upstreamTls']>,
    caCert?: string,
    target = prefiller.hostPort,
  ): Promise<{ status: number; body: string; fixture: SidecarFixture }> {
    prefiller.requests.length = 0;
    decoder.requests.length = 0;
    const fixture = await startFixture({
      modelServerPort: decoder.port,
      upstreamTls: { prefiller: OFF, decoder: OFF, encoder: OFF, ...upstreamTls },
      retryBackoff: 1,
      ...(caCert === undefined ? {} : { caCert }),
    });
    try {
      const answer = await postPrefilled(fixture, '{}', {
        headers: { 'x-prefiller-host-port': target },
      });
      return { status: answer.status, body: await answer.text(), fixture };
    } finally {
      await fixture.stop();
    }
  }
  const ca = (): string => pair.cert;

  it('serves both legs with --ca-cert and a server name', async () => {
    const { status } = await ask(
      { prefiller: ON, decoder: { ...ON, serverName: 'engine.test' } },
      ca(),
    );
    expect(status).toBe(200);
    expect([prefiller.requests.length, decoder.requests.length]).toEqual([1, 1]);
    expect(decoder.last.body.toString()).toBe(
      `{"kv_transfer_params":${JSON.stringify(KV_PARAMS)}}`,
    );
  });

  it('serves both legs without verification', async () => {
    const skip = { enabled: true, insecureSkipVerify: true };
    const { status, fixture } = await ask({ prefiller: skip, decoder: skip });
    expect(status).toBe(200);
    const warnings = fixture.log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/prefiller, decoder/),
    ]);
  });

  it('verifies the prefiller by the name that is dialled', async () => {
    const { status } = await ask({ prefiller: ON }, ca(), `localhost:${prefiller.port}`);
    expect(status).toBe(502);
    expect(prefiller.requests).toHaveLength(0);
  });

  it.each<[string, UpstreamTlsConfig, () => string | undefined]>([
    ['is not trusted', ON, () => undefined],
    ['is of another name', { ...ON, serverName: 'other.test' }, ca],
  ])(
    'refuses a prefiller whose certificate %s with 502, and tells the log why',
    async (_, tls, trusted) => {
      const { status, body, fixture } = await ask({ prefiller: tls, decoder: ON }, trusted());
      expect(status).toBe(502);
      expect(body).not.toMatch(/127\.0\.0\.1|SELF_SIGNED|CERT_|ERR_/);
      expect([prefiller.requests.length, decoder.requests.length]).toEqual([0, 0]);
      const [line] = fixture.log.lines.filter(({ message }) =>
        message.startsWith('prefill failed'),
      );
      expect(line!.fields).toMatchObject({
        tls: { reason: expect.any(String), chain: [expect.any(Object)] },
      });
      expect(
        fixture.log.lines.filter(({ message }) => message.startsWith('prefill failed')),
      ).toHaveLength(1);
    },
  );

  it('refuses a decoder whose certificate is of another name with 502, and tells the log why', async () => {
    const { status, fixture } = await ask({ prefiller: ON, decoder: ON }, ca());
    expect(status).toBe(502);
    expect(decoder.requests).toHaveLength(0);
    const shown = fixture.log.lines.filter(({ level }) => level !== 'debug' && level !== 'trace');
    expect(JSON.stringify(shown)).toMatch(/engine\.test|ERR_TLS_CERT_ALTNAME_INVALID|altname/i);
  });

  it.each<[number, UpstreamTlsConfig]>([
    [200, ON],
    [502, { ...ON, serverName: 'other.test' }],
  ])('answers %d for an encoder that is spoken to by %j', async (status, tls) => {
    const encoder = await FakeEngine.start(json({}), 0, pair);
    const upstreamTls = { prefiller: OFF, decoder: OFF, encoder: tls };
    const fixture = await startFixture({
      ...{ ...encoderConfig('ec-example'), upstreamTls, caCert: pair.cert },
    });
    try {
      const answer = await fetch(`${fixture.url}/v1/chat/completions`, {
        method: 'POST',
        body: '{"messages":[{"content":[{"type":"image_url","image_url":"http://media/a"}]}]}',
        headers: { 'x-encoder-hosts-ports': encoder.hostPort },
      });
      expect([answer.status, encoder.requests.length]).toEqual([status, status === 200 ? 1 : 0]);
      const failed = fixture.log.lines.find(({ message }) => message === 'encode failed');
      if (status === 200) expect(failed).toBeUndefined();
      else {
        expect(failed!.fields).toMatchObject({
          ...{ code: 'encode_tls', tls: { reason: expect.any(String) } },
        });
      }
    } finally {
      await fixture.stop();
      await encoder.stop();
    }
  });

  it('is never chosen by the scheme of the header', async () => {
    const plain = await ask(
      { decoder: { ...ON, serverName: 'engine.test' } },
      ca(),
      `https://${prefiller.hostPort}`,
    );
    expect(plain.status).toBe(504);
    const secure = await ask(
      { prefiller: ON, decoder: { ...ON, serverName: 'engine.test' } },
      ca(),
      `http://${prefiller.hostPort}`,
    );
    expect(secure.status).toBe(200);
  });

  it('is not given up towards a decoder that does not speak it', async () => {
    const plain = await FakeEngine.start(json({ ok: true }));
    const fixture = await startFixture({
      modelServerPort: plain.port,
      upstreamTls: { prefiller: OFF, decoder: ON, encoder: OFF },
    });
    try {
      expect((await postPrefilled(fixture, '{}')).status).toBe(502);
      expect(plain.requests).toHaveLength(0);
    } finally {
      await fixture.stop();
      await plain.stop();
    }
  });
});
