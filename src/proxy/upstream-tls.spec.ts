import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConnectionOptions } from 'node:tls';
import { AnswerRecorder } from '../../test/support/answer-recorder.js';
import { NetEngine, saying, whole, type NetEngineOptions } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { clientTls } from '../tls/client-tls.js';
import type { KeyPair } from '../tls/key-pair.js';
import { createSelfSigned } from '../tls/self-signed.js';
import { UpstreamService, type UpstreamRequest } from './upstream.service.js';

const body = [Buffer.from('{"a":'), Buffer.from('1}')];
const POST: UpstreamRequest = {
  head: 'POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n',
  body,
  toHead: false,
  connectTimeout: 0,
  headTimeout: 0,
};

describe('an engine behind TLS', () => {
  const upstream = new UpstreamService(4);
  let pair: KeyPair;
  let engine: NetEngine;
  beforeAll(async () => {
    pair = await createSelfSigned(['engine.test']);
  });
  afterEach(() => engine.stop());

  const start = async (options: NetEngineOptions = { tls: pair }): Promise<void> => {
    engine = await NetEngine.start(saying(whole('ok')), options);
  };
  const ask = (tls: ConnectionOptions, request = POST): Promise<AnswerRecorder> => {
    const answer = new AnswerRecorder();
    const key = `tls ${engine.port}`;
    const label = `engine:${engine.port}`;
    upstream.request(
      { key, label, addresses: ['127.0.0.1'], port: engine.port, tls },
      request,
      answer,
    );
    return answer.settled();
  };
  const verified = (name: string): ConnectionOptions =>
    clientTls({ insecureSkipVerify: false, caCert: pair.cert }, name);
  const unverified = clientTls({ insecureSkipVerify: true }, 'engine.test');

  it('answers when its certificate is trusted and names it, and the connection is kept', async () => {
    await start();
    const tls = verified('engine.test');
    for (let round = 0; round < 3; round++) {
      expect(await ask(tls)).toMatchObject({ payload: 'ok', late: 0 });
    }
    expect(engine.connections).toHaveLength(1);
    expect(engine.connections[0]!.received).toBe(`${POST.head}{"a":1}`.repeat(3));
  });

  it('is refused when nobody vouches for its certificate', async () => {
    await start();
    const answer = await ask(clientTls({ insecureSkipVerify: false }, 'engine.test'));
    expect(answer.failure).toMatchObject({ failure: 'tls' });
    expect(engine.heads).toBe(0);
  });

  it('is refused when its certificate names another', async () => {
    await start();
    expect((await ask(verified('other.test'))).failure).toMatchObject({ failure: 'tls' });
    expect(engine.heads).toBe(0);
  });

  it('answers whatever its certificate when nobody verifies', async () => {
    await start();
    expect((await ask(unverified)).payload).toBe('ok');
  });

  it('is a failure of TLS when it speaks plain HTTP', async () => {
    const plain = await NetEngine.start(() => undefined, {});
    engine = plain;
    plain.connection().then(
      ({ socket }) => socket.write('HTTP/1.1 400 x\r\n\r\n'),
      () => undefined,
    );
    expect((await ask(unverified)).failure).toMatchObject({ failure: 'tls' });
  });

  it('is a matter of the network when it goes away in the handshake', async () => {
    engine = await NetEngine.start(() => undefined);
    void engine.connection().then(({ socket }) => socket.resetAndDestroy());
    expect((await ask(unverified)).failure!.failure).toBe('reset');
  });

  it('is one that did not connect in time when it never shakes hands', async () => {
    engine = await NetEngine.start(() => undefined);
    const answer = await ask(unverified, { ...POST, connectTimeout: 60 });
    expect(answer.failure!.failure).toBe('connect-timeout');
    await until(() => engine.connections[0]!.ending !== undefined);
  });
});
