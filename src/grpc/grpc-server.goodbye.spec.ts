import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { GrpcConnection } from '../../test/support/grpc-client.js';
import { until } from '../../test/support/raw-client.js';
import { BufferBudget } from '../proxy/buffer-budget.js';
import type { GrpcCall } from './grpc-call.js';
import { GrpcServer } from './grpc-server.js';

const PATH = '/test.Service/Echo';
let server: GrpcServer;
let client: GrpcConnection;
let port: number;
const calls: GrpcCall[] = [];

async function start(): Promise<void> {
  server = new GrpcServer({
    methods: new Map([
      [
        PATH,
        (call) => {
          calls.push(call);
          call.serve({
            message: () => undefined,
            ended: () => call.finish(),
            gone: () => undefined,
          });
        },
      ],
    ]),
    mostBytes: 1000,
    budget: new BufferBudget(1000),
    failed: (error) => expect(error).toBeUndefined(),
  });
  port = await server.listen(0, '127.0.0.1');
  client = await GrpcConnection.connect(port);
}
afterEach(async () => {
  calls.length = 0;
  await client.close();
  server.close();
});

describe(GrpcServer.name, () => {
  it('says goodbye, and still takes the call that was on its way', async () => {
    await start();
    const goodbye = once(client.session, 'goaway');
    const late = client.open(PATH);
    // Its first bytes are written, and not yet read.
    await new Promise((resolve) => setImmediate(resolve));
    server.announceEnd();
    const [code, lastStream] = (await goodbye) as [number, number];
    expect([code, lastStream]).toEqual([0, 2 ** 31 - 1]);
    await until(() => calls.length === 1);
    late.halfClose();
    expect((await late.ended()).code).toBe(0);
  });

  it('serves probes until the end', async () => {
    await start();
    server.announceEnd();
    server.refuse();
    const probe = await GrpcConnection.connect(port);
    const { status } = await probe.unary(PATH, Buffer.from('x'));
    await probe.close();
    expect(status.code).toBe(0);
  });

  it('ends the calls that have begun when it refuses others', async () => {
    await start();
    const begun = client.open(PATH);
    await until(() => calls.length === 1);
    server.announceEnd();
    server.refuse();
    begun.halfClose();
    expect((await begun.ended()).code).toBe(0);
  });
});
