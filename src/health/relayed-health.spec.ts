import { describe, expect, it } from '@jest/globals';
import { RelayedHealth } from './relayed-health.js';

describe(RelayedHealth.name, () => {
  it('is alive by itself, and as ready as the other says', async () => {
    const answer = { status: 200 as const, body: { status: 'ok' as const, details: {} } };
    const health = new RelayedHealth(() => Promise.resolve(answer));
    expect(health.liveness().status).toBe(200);
    expect(await health.readiness()).toBe(answer);
  });

  it('is not ready when nobody answers', async () => {
    const health = new RelayedHealth(() => Promise.reject(new Error('gone')));
    expect(await health.readiness()).toMatchObject({ status: 503, body: { status: 'error' } });
  });
});
