import { describe, expect, it } from '@jest/globals';
import { MACHINE } from '../../support/machine-stub.js';
import { atLeast, atMost, meetsGoal, none, told, type Figure } from './figure.js';
import { passed, renderReport, type SoakReport } from './report.js';

function report(...figures: Figure[]): SoakReport {
  const about = { phase: 'mixed', title: 'requests', problems: [], seconds: 1 };
  return {
    machine: MACHINE,
    scale: { share: 1, seconds: 1, concurrency: 1 },
    seed: 1,
    results: [
      { ...about, program: 'tandem', figures },
      { ...about, program: 'other', figures: [none('lost', 7)], problems: ['lost: x-7'] },
    ],
  };
}

describe(meetsGoal.name, () => {
  it('takes bounds as included, and a value that is missing as a failure', () => {
    expect(
      [atMost(2, 'a', 2), atLeast(2, 'a', 2), told('a', 9), none('a', 0)].every(meetsGoal),
    ).toBe(true);
    expect([atMost(2, 'a', 2.1), atLeast(2, 'a', 1), none('a', NaN)].some(meetsGoal)).toBe(false);
  });
});

describe(passed.name, () => {
  it('asks the figures of the program alone', () => {
    expect(passed(report(none('lost', 0)), 'tandem')).toBe(true);
    expect(passed(report(none('lost', 1)), 'tandem')).toBe(false);
    expect(passed(report(none('lost', 0)), 'other')).toBe(false);
  });
});

describe(renderReport.name, () => {
  it('sets the programs side by side and marks what missed its goal', () => {
    const text = renderReport(report(none('lost', 0), atMost(10, 'growth', 3.14159, 'MiB')));
    expect(text).toContain('| requests | lost         | 0     | 0      | 7 MISSED |');
    expect(text).toContain('| requests | growth (MiB) | <= 10 | 3.14   |          |');
    expect(text).toContain('- mixed, other: lost: x-7');
  });
});
