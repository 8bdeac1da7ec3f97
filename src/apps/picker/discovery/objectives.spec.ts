import { describe, expect, it } from '@jest/globals';
import { Objectives } from './objectives.js';

const of = (priorities: Record<string, number>) => new Map(Object.entries(priorities));

describe(Objectives.name, () => {
  it('knows those of the command line', () => {
    const objectives = new Objectives(of({ batch: -1, chat: 5 }));
    expect(objectives.priorityOf('batch')).toBe(-1);
    expect(objectives.priorityOf('chat')).toBe(5);
  });

  it('takes 0 for what nobody defines, and for a request without one', () => {
    const objectives = new Objectives();
    expect(objectives.priorityOf('other')).toBe(0);
    expect(objectives.priorityOf('')).toBe(0);
    expect(objectives.priorityOf('constructor')).toBe(0);
    expect(objectives.priorityOf(undefined)).toBe(0);
  });

  it('prefers an InferenceObjective, and the newer group, and falls back when it goes', () => {
    const objectives = new Objectives(of({ a: 1 }));
    objectives.replace(1, of({ a: 2, b: 3 }));
    expect(objectives.priorityOf('a')).toBe(2);
    objectives.replace(0, of({ a: 4 }));
    expect(objectives.priorityOf('a')).toBe(4);
    expect(objectives.priorityOf('b')).toBe(3);
    objectives.replace(0, of({}));
    objectives.replace(1, of({}));
    expect(objectives.priorityOf('a')).toBe(1);
    expect(objectives.priorityOf('b')).toBe(0);
  });
});
