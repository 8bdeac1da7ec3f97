import { encode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { ZmqPeer } from '../../../src/zmq/zmq-peer.js';
import { json } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import {
  DECODED,
  startPairFixture,
  untilIdle,
  type PairFixture,
} from '../../support/pair-fixture.js';
import { until } from '../../support/raw-client.js';
import { post } from '../../support/router-fixture.js';

let fixture: PairFixture;
const peers: ZmqPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await fixture.stop();
});

async function announce(port: number, said: object): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const peer = new ZmqPeer(
    connect(port, '127.0.0.1'),
    { type: 'DEALER', maxMessageBytes: 100 },
    { ready: () => ready.resolve(), message: () => undefined },
  );
  peers.push(peer);
  await ready.promise;
  peer.send([encode(said)]);
}

describe('p2pnccl', () => {
  it('finds workers that announce themselves, and names both in the id of both legs', async () => {
    const port = await freePort();
    fixture = await startPairFixture(
      { prefills: [json({})], decodes: [DECODED] },
      {
        kvConnector: 'p2pnccl',
        prefill: [],
        decode: [],
        vllmDiscoveryAddress: `127.0.0.1:${port}`,
      },
    );
    expect((await post(fixture)).status).toBe(503);
    const [p, d] = [fixture.prefills[0]!, fixture.decodes[0]!];
    await announce(port, { type: 'P', http_address: p.hostPort, zmq_address: '127.0.0.1:21001' });
    await announce(port, { type: 'D', http_address: d.hostPort, zmq_address: '127.0.0.1:22001' });
    const { fleet } = fixture.router;
    await until(() => fleet.all.length === 2 && fleet.all.every(({ isReady }) => isReady));
    const body = '{"prompt":"x","max_tokens":50,"stream":true}';
    const answer = await post(fixture, undefined, body, { 'x-request-id': 'mine' });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, 'mine']);
    const [prefill, decode] = [fixture.legs('prefills')[0]!, fixture.legs('decodes')[0]!];
    const id = prefill.headers['x-request-id'];
    expect(id).toMatch(
      /^___prefill_addr_127\.0\.0\.1:21001___decode_addr_127\.0\.0\.1:22001_[0-9a-f]{32}$/,
    );
    expect(decode.headers['x-request-id']).toBe(id);
    expect(prefill.body.toString()).toBe('{"prompt":"x","max_tokens":1,"stream":true}');
    expect(decode.body.toString()).toBe(body);
    await until(() => fixture.log.requests.length === 2);
    expect(fixture.log.requests[1]).toMatchObject({ requestId: 'mine' });
    await untilIdle(fixture);
  });

  it('takes the address of a worker that the API brings from its label', async () => {
    fixture = await startPairFixture({ prefills: [json({})] }, { kvConnector: 'p2pnccl' });
    expect((await post(fixture)).status).toBe(503);
    expect(fixture.legs('prefills')).toHaveLength(0);
    for (const engine of [...fixture.prefills, ...fixture.decodes]) {
      const labels = { zmq_address: `127.0.0.1:${engine.port + 1}` };
      fixture.router.fleet.update(fixture.endpoint(engine), { labels });
    }
    expect((await post(fixture)).status).toBe(200);
    await untilIdle(fixture);
  });
});
