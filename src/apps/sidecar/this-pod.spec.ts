import { describe, expect, it } from '@jest/globals';
import { addressTarget, parseTarget } from '../../endpoint/target.js';
import { isThisPod } from './this-pod.js';

const config = { podIp: '10.0.0.5', port: 8000 };

describe(isThisPod.name, () => {
  it.each([
    ['10.0.0.5:8000', true],
    ['http://10.0.0.5:8000', true],
    ['[::ffff:10.0.0.5]:8000', true],
    ['10.0.0.5:8001', false],
    ['10.0.0.6:8000', false],
    ['pod-5:8000', false],
  ])('says of %s: %s', (text, expected) => {
    expect(isThisPod(parseTarget(text)!, config, 0)).toBe(expected);
  });

  it('takes another data-parallel rank of the same pod for another engine', () => {
    expect(isThisPod(parseTarget('10.0.0.5:8002')!, config, 2)).toBe(true);
    expect(isThisPod(parseTarget('10.0.0.5:8000')!, config, 2)).toBe(false);
  });

  it('knows a name by the address that was checked', () => {
    const target = { ...parseTarget('pod-5:8000')!, addresses: ['10.0.0.5'] };
    expect(isThisPod(target, config, 0)).toBe(true);
  });

  it('compares IPv6 addresses, however they are spelled', () => {
    const spelled = { podIp: 'FD00:0:0::0005', port: 8000 };
    expect(isThisPod(addressTarget('fd00::5', 8000), spelled, 0)).toBe(true);
  });

  it('knows nothing of a pod whose address it was not told', () => {
    expect(isThisPod(parseTarget('10.0.0.5:8000')!, { port: 8000 }, 0)).toBe(false);
  });
});
