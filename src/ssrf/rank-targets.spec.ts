import { describe, expect, it } from '@jest/globals';
import { parseTarget } from '../endpoint/target.js';
import { RankTargets } from './rank-targets.js';

const FOUR = { bindAddress: '::', port: 8000, dataParallelSize: 4 };

const find = (sut: RankTargets, text: string): number | undefined => sut.rankOf(parseTarget(text)!);

describe(RankTargets.name, () => {
  it('knows the ports of the ranks at the pod’s address, and nothing beside them', () => {
    const sut = new RankTargets({ ...FOUR, podIp: '10.0.0.7' });
    expect([8000, 8001, 8003].map((port) => find(sut, `10.0.0.7:${port}`))).toEqual([0, 1, 3]);
    for (const text of ['10.0.0.7:7999', '10.0.0.7:8004', '10.0.0.8:8001', 'localhost:8001'])
      expect([text, find(sut, text)]).toEqual([text, undefined]);
  });

  it.each([
    ['fd00:0:0::7', '[FD00::7]:8002'],
    ['::ffff:10.0.0.7', '10.0.0.7:8002'],
    ['10.0.0.7', '[::ffff:10.0.0.7]:8002'],
  ])('knows %s in the spelling %s', (podIp, text) => {
    expect(find(new RankTargets({ ...FOUR, podIp }), text)).toBe(2);
  });

  it('takes the address that it listens on for the pod’s, where that is left out', () => {
    const sut = new RankTargets({ ...FOUR, bindAddress: '10.0.0.7' });
    expect(find(sut, '10.0.0.7:8001')).toBe(1);
    const told = new RankTargets({ ...FOUR, bindAddress: '127.0.0.1', podIp: '10.0.0.7' });
    expect(find(told, '127.0.0.1:8001')).toBeUndefined();
  });

  it.each(['::', '0.0.0.0', '::0'])(
    'knows none where it listens on %s and has no address',
    (bindAddress) => {
      const sut = new RankTargets({ ...FOUR, bindAddress });
      for (const text of ['127.0.0.1:8001', '[::1]:8001', '0.0.0.0:8001', '[::]:8001'])
        expect([text, find(sut, text)]).toEqual([text, undefined]);
    },
  );
});
