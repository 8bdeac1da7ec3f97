import { afterEach, describe, expect, it } from '@jest/globals';
import { RawClient, requestBytes } from '../../../../test/support/raw-client.js';
import { SideChannelServer } from './side-channel.server.js';

describe(SideChannelServer.name, () => {
  let sut: SideChannelServer;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    await sut.close();
  });

  it('closes no connection for being idle, so that none is closed just as a pull is sent', async () => {
    sut = new SideChannelServer(() => undefined);
    client = await RawClient.connect(await sut.listen(0, '127.0.0.1'));
    for (let i = 0; i < 2; i++) {
      client.write(requestBytes('POST /pull', [], '{}'));
      const answer = await client.answer();
      expect(answer.status).toBe(409);
      // Node tells of its limit in this field, where it has one.
      expect(answer.headers.filter(([name]) => /^keep-alive$/i.test(name))).toEqual([]);
    }
  });
});
