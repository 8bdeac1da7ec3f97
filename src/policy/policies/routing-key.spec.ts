import { describe, expect, it } from '@jest/globals';
import { requestOf } from '../../../test/support/policy-harness.js';
import { routingKeyOf } from './routing-key.js';

describe(routingKeyOf.name, () => {
  it("takes the session's key, whatever the text", () => {
    expect(routingKeyOf(requestOf('alice', 'one'))).toEqual(
      routingKeyOf(requestOf('alice', 'two')),
    );
    expect(routingKeyOf(requestOf('alice'))?.isSession).toBe(true);
    expect(routingKeyOf(requestOf('alice'))).not.toEqual(routingKeyOf(requestOf('bob')));
  });

  it('takes the whole text where no session is named', () => {
    const text = 'x'.repeat(10_000);
    expect(routingKeyOf(requestOf(undefined, text))?.isSession).toBe(false);
    expect(routingKeyOf(requestOf('', text))).toEqual(routingKeyOf(requestOf(undefined, text)));
    expect(routingKeyOf(requestOf(undefined, text))).not.toEqual(
      routingKeyOf(requestOf(undefined, `${text}y`)),
    );
  });

  it('has none where there is neither', () => {
    expect(routingKeyOf(requestOf(undefined))).toBeUndefined();
  });
});
