import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json } from '../../../test/support/fake-engine.js';
import { until } from '../../../test/support/raw-client.js';
import { parseTarget } from '../../endpoint/target.js';
import { EngineIds } from './engine-ids.js';

const [A, OTHER_PORT, B] = ['127.0.0.1:1', '127.0.0.1:2', 'localhost:1'].map((text) =>
  parseTarget(text)!,
) as [Target, Target, Target];
type Target = NonNullable<ReturnType<typeof parseTarget>>;
const TIMES = { timeout: 5000, fresh: 1e9, maxAge: 1e9 };

describe(EngineIds.name, () => {
  let server: FakeEngine;
  let ids: EngineIds;
  beforeEach(async () => {
    server = await FakeEngine.start(json({ 0: { engine_id: 'a' } }));
    ids = new EngineIds(server.port, TIMES, 1);
  });
  afterEach(async () => {
    ids.close();
    await server.stop();
  });

  it('asks once for all ports of a host', async () => {
    expect(await ids.of(A)).toBe(ids.of(OTHER_PORT));
    expect(server.requests).toHaveLength(1);
  });

  it('asks for each host, and for each set of addresses that was checked', async () => {
    await ids.of(B);
    await ids.of({ ...B, addresses: ['127.0.0.1'] });
    expect(server.requests).toHaveLength(2);
  });

  it('keeps a bounded number, and closes the connections of the others', async () => {
    await ids.of(A);
    await ids.of(B);
    await until(() => server.connections === 1, 5000);
    expect(ids.of(A)).toBeInstanceOf(Promise);
    await ids.of(A);
    expect(server.requests).toHaveLength(3);
  });
});
