import type { Machine } from '../bench/machine.js';

/** Where a report under test was measured. */
export const MACHINE: Machine = {
  date: '2026-01-01T00:00:00.000Z',
  cpu: 'CPU',
  cores: 2,
  memoryGiB: 8,
  kernel: '6',
  node: 'v24',
  loadBefore: 0,
};
