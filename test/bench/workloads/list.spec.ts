import { describe, expect, it } from '@jest/globals';
import { PICKER_WORKLOADS } from '../picker/workloads.js';
import { selectWorkloads } from './list.js';

describe(selectWorkloads.name, () => {
  const selected = (...names: string[]): string[] =>
    selectWorkloads(PICKER_WORKLOADS, names).map(({ name }) => name);

  it('takes the one that has the name, else those that begin with it', () => {
    expect(selected('default-10')).toEqual(['default-10']);
    expect(selected('pd-1')).toEqual(['pd-10', 'pd-100']);
    expect(selected()).toHaveLength(PICKER_WORKLOADS.length);
  });
});
