import http2, { type ClientHttp2Session } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HostileUpstream } from '../../test/support/hostile-upstream.js';
import { NetEngine } from '../../test/support/net-engine.js';
import { RawClient, requestBytes } from '../../test/support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../test/support/sidecar-fixture.js';
import { AnswerRelay } from './answer-relay.js';

const CUTS = [
  ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'],
] as const;

describe(`${AnswerRelay.name} behind TLS`, () => {
  let decoder: HostileUpstream;
  let fixture: SidecarFixture;
  let session: ClientHttp2Session | undefined;
  beforeEach(() => {
    session = undefined;
  });
  afterEach(async () => {
    session?.destroy();
    await fixture.stop();
    await decoder.stop();
  });

  const start = async (says: string): Promise<void> => {
    decoder = await HostileUpstream.start({ says: [says], then: 'fin' });
    fixture = await startFixture({ secureProxy: true, modelServerPort: decoder.port });
  };

  it.each(CUTS)('cuts an answer %s that breaks off, and goes on serving', async (_, says) => {
    await start(says);
    for (let i = 0; i < 2; i++) {
      const client = await RawClient.connect(fixture.sidecar.port, { rejectUnauthorized: false });
      client.write(requestBytes('GET /cut'));
      await client.ended();
      expect(client.received.toString()).not.toMatch(/0\r\n\r\n$/);
      client.destroy();
    }
    expect(decoder.requests).toHaveLength(2);
  });

  it.each(CUTS)('fails an HTTP/2 stream whose answer %s breaks off', async (_, says) => {
    await start(says);
    const url = `https://127.0.0.1:${fixture.sidecar.port}`;
    session = http2.connect(url, { rejectUnauthorized: false });
    for (let i = 0; i < 2; i++) {
      const stream = session.request({ ':path': '/cut' });
      const code = await new Promise((resolve) => {
        stream.on('error', () => undefined);
        stream.on('close', () => resolve(stream.rstCode));
        stream.resume();
      });
      // Ours, not the PROTOCOL_ERROR of a client that compares lengths: not all do.
      expect(code).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
    }
    expect(decoder.requests).toHaveLength(2);
  });

  it('keeps large answers apart, however slowly their clients read', async () => {
    const size = 1024 * 1024;
    const engine = await NetEngine.start(({ socket, received }) => {
      const letter = /GET \/(\w)/.exec(received)![1]!;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.end(Buffer.alloc(size, letter));
    });
    await start('');
    const other = await startFixture({ secureProxy: true, modelServerPort: engine.port });
    try {
      const answers = ['a', 'b', 'c', 'd'].map(async (letter, i) => {
        const client = await RawClient.connect(other.sidecar.port, { rejectUnauthorized: false });
        client.socket.on('data', () => {
          client.socket.pause();
          setTimeout(() => client.socket.resume(), i);
        });
        client.write(requestBytes(`GET /${letter}`));
        const { body } = await client.answer();
        client.destroy();
        return body.equals(Buffer.alloc(size, letter));
      });
      expect(await Promise.all(answers)).toEqual([true, true, true, true]);
    } finally {
      await other.stop();
      await engine.stop();
    }
  });
});
