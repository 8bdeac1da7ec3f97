import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { GrpcConnection } from '../../test/support/grpc-client.js';
import { until } from '../../test/support/raw-client.js';
import { BufferBudget } from '../proxy/buffer-budget.js';
import { GrpcServer } from './grpc-server.js';

const PATH = '/test.Service/Count';
const BUDGET = 10_000_000;

let server: GrpcServer;
let client: GrpcConnection;
let port: number;
let budget: BufferBudget;
let lengths: number[];
let failures: unknown[];

beforeEach(() => start());

afterEach(async () => {
  await client.close();
  server.close();
  await until(() => budget.held === 0);
  expect(failures).toEqual([]);
});

async function start(keepaliveMs?: number): Promise<void> {
  budget = new BufferBudget(BUDGET);
  lengths = [];
  failures = [];
  server = new GrpcServer({
    methods: new Map([
      [
        PATH,
        (call) =>
          call.serve({
            message: ({ length }) => lengths.push(length),
            ended: () => call.finish(),
            gone: () => undefined,
          }),
      ],
    ]),
    mostBytes: 100_000_000,
    budget,
    failed: (error) => failures.push(error),
    keepaliveMs,
  });
  port = await server.listen(0, '127.0.0.1');
  client = await GrpcConnection.connect(port);
}

/** The frame of a message, whether or not it follows. */
function head(length: number): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(length, 1);
  return frame;
}

describe('a gRPC server with clients of the worst kind', () => {
  it('has no room for a long message before it comes', async () => {
    const { stream } = client.open(PATH);
    stream.write(Buffer.concat([head(9_000_000), Buffer.alloc(1)]));
    await until(() => budget.held > 0);
    expect(budget.held).toBeLessThan(300_000);
    stream.write(Buffer.alloc(8_999_999));
    await until(() => lengths.length === 1);
    expect([lengths, budget.held]).toEqual([[9_000_000], 0]);
  });

  it('ends a call whose message is more than all may hold, and serves the next one', async () => {
    const call = client.open(PATH);
    call.stream.write(Buffer.concat([head(20_000_000), Buffer.alloc(15_000_000)]));
    expect((await call.ended()).code).toBe(8);
    expect((await client.unary(PATH, Buffer.alloc(1_000_000))).status.code).toBe(0);
    expect(lengths).toEqual([1_000_000]);
  });

  it('cuts connections whose peer does not answer any more', async () => {
    await client.close();
    server.close();
    await start(1000);
    const mute = connect(port, '127.0.0.1');
    mute.resume();
    await once(mute, 'close');
  });

  it('goes on when many calls are reset as soon as they begin', async () => {
    for (let i = 0; i < 2000; i++) client.open(PATH).stream.close(8);
    expect((await client.unary(PATH, Buffer.alloc(3))).status.code).toBe(0);
  });
});
