import { describe, expect, it } from '@jest/globals';
import { InFlight } from './in-flight.js';

describe(InFlight.name, () => {
  it('is idle at once where nothing is in flight', async () => {
    expect(await new InFlight().idle(0)).toBe(true);
  });

  it('is idle when the last one ends', async () => {
    const inFlight = new InFlight();
    inFlight.begin();
    inFlight.begin();
    const idle = inFlight.idle(60_000);
    inFlight.end();
    inFlight.end();
    expect(await idle).toBe(true);
  });

  it('gives up after a time', async () => {
    const inFlight = new InFlight();
    inFlight.begin();
    expect(await inFlight.idle(1)).toBe(false);
  });
});
