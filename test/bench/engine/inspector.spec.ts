import { describe, expect, it } from '@jest/globals';
import { planRequest, clientBody, decodeRequest, prefillRequest } from '../load/request.js';
import { PLAIN } from './behaviour.js';
import { promptDigest } from './digest.js';
import { Inspector } from './inspector.js';
import { RequestBody } from './request-body.js';

const TARGET = { prefill: 1, decode: 2, prefillHeader: '' };
const SAMPLE = { ...PLAIN, sample: true };
const plan = planRequest('/v1/completions', '"prompt":"a \\"long\\" story"', true);

function bodyOf(message: Buffer[]): RequestBody {
  const body = new RequestBody();
  const bytes = Buffer.concat(message);
  body.add(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4));
  return body;
}

describe(Inspector.name, () => {
  it('counts a prefill and the decode that brings its parameters', () => {
    const inspector = new Inspector();
    const number = inspector.prefill(bodyOf(prefillRequest(plan, TARGET)), SAMPLE);
    inspector.decode(bodyOf(decodeRequest(plan, TARGET, number)), SAMPLE);
    expect(inspector.counts).toMatchObject({ prefills: 1, decodes: 1, badDecodes: 0, passed: 0 });
    const digest = promptDigest(JSON.parse(clientBody(plan).toString()) as Record<string, unknown>);
    expect(inspector.counts.samples).toEqual([
      { leg: 'prefill', digest, bytes: expect.any(String), problems: [] },
      { leg: 'decode', digest, bytes: expect.any(String), problems: [] },
    ]);
  });

  it('marks parameters that were used before, and those that nobody handed out', () => {
    const inspector = new Inspector();
    const number = inspector.prefill(bodyOf(prefillRequest(plan, TARGET)), PLAIN);
    for (const used of [number, number, number + 1])
      inspector.decode(bodyOf(decodeRequest(plan, TARGET, used)), PLAIN);
    expect(inspector.counts).toMatchObject({ decodes: 1, badDecodes: 2 });
  });

  it('does not count what is left of requests from before a reset', () => {
    const inspector = new Inspector();
    const number = inspector.prefill(bodyOf(prefillRequest(plan, TARGET)), PLAIN);
    inspector.reset();
    inspector.decode(bodyOf(decodeRequest(plan, TARGET, number)), PLAIN);
    expect(inspector.counts).toMatchObject({ decodes: 0, badDecodes: 0 });
  });

  it('marks a prefill that is a whole generation', () => {
    const inspector = new Inspector();
    const body = new RequestBody();
    body.add(clientBody(plan));
    inspector.prefill(body, SAMPLE);
    expect(inspector.counts.badPrefills).toBe(1);
    expect(inspector.counts.samples[0]?.problems).toEqual([
      'prefill without do_remote_decode',
      'prefill with max_tokens other than 1',
      'prefill that streams',
    ]);
  });

  it('finds the parameters in the middle of a large body', () => {
    const inspector = new Inspector();
    const number = inspector.prefill(bodyOf(prefillRequest(plan, TARGET)), PLAIN);
    const body = new RequestBody();
    body.add(Buffer.alloc(100_000, 'x'));
    body.add(Buffer.from(`handover-${String(number).padStart(10, '0')}`));
    body.add(Buffer.alloc(100_000, 'x'));
    inspector.decode(body, PLAIN);
    expect(inspector.counts.decodes).toBe(1);
  });
});
