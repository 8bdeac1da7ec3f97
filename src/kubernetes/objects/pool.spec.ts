import { describe, expect, it } from '@jest/globals';
import { parsePool } from './pool.js';

describe(parsePool.name, () => {
  it('reads the ports of v1 and of v1alpha2', () => {
    const ports = (spec: object) => parsePool({ spec }).targetPorts;
    expect(ports({ targetPorts: [{ number: 8000 }, { number: 8001 }] })).toEqual([8000, 8001]);
    expect(ports({ targetPortNumber: 8200 })).toEqual([8200]);
  });

  it('leaves out what is no port', () => {
    const targetPorts = [{ number: 0 }, { number: 65536 }, { number: '80' }, {}, null, 80];
    expect(parsePool({ spec: { targetPorts } }).targetPorts).toEqual([]);
  });

  it.each([undefined, null, 'pool', {}, { spec: null }])('selects nothing by %j', (object) => {
    expect(parsePool(object)).toMatchObject({ selector: undefined, flaw: 'it has no selector' });
  });
});
