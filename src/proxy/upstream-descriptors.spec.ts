import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { whole } from '../../test/support/net-engine.js';
import { until } from '../../test/support/raw-client.js';
import { UpstreamHarness } from '../../test/support/upstream-harness.js';
import { UpstreamConnection } from './upstream-connection.js';

const descriptors = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

describe(UpstreamConnection.name, () => {
  let harness: UpstreamHarness;
  beforeEach(() => {
    harness = new UpstreamHarness();
  });
  afterEach(() => harness.stop());

  // libuv refuses to reset a connection whose shutdown is under way, and Node then never closes it.
  it('gives its descriptor back when it is given up while the engine closes it', async () => {
    const before = descriptors();
    const sockets: Socket[] = [];
    const engine = await harness.start(({ socket }) => {
      sockets.push(socket);
      if (sockets.length === 3) for (const one of sockets) one.write(whole());
    });
    const answers = [1, 2, 3].map(() => harness.send(engine).answer);
    for (const answer of answers) await answer.settled();
    // Two of the three are closed, and then, in the same turn of the event loop, the third one answers.
    await until(() => sockets.length === 3);
    const last = harness.send(engine);
    await until(() => sockets.length === 4);
    const [, , , busy] = sockets;
    for (const one of sockets) if (one !== busy) one.destroy();
    busy!.write(whole());
    await new Promise<void>((resolve) => {
      last.answer.onRead = () => {
        harness.send(engine).call.abort();
        resolve();
      };
    });
    await engine.stop();
    harness.upstream.onApplicationShutdown();
    await until(() => descriptors() <= before, 3000).catch(() => undefined);
    expect(descriptors()).toBe(before);
  });
});
