/** One measured value and what it must be. */
export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** Without a goal the value only informs. */
  readonly goal?: Goal;
}

/** The bounds of a value, both included. */
export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Whether a figure is as it must be; a value that could not be taken is not. */
export function meetsGoal({ value, goal }: Figure): boolean {
  if (!goal) return true;
  return value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
}

/** A count that must be zero. */
export function none(label: string, value: number): Figure {
  return { label, value, unit: '', goal: { atMost: 0 } };
}

/** A figure that only informs. */
export function told(label: string, value: number, unit = ''): Figure {
  return { label, value, unit };
}

/** A figure that must not be above a bound. */
export function atMost(bound: number, label: string, value: number, unit = ''): Figure {
  return { label, value, unit, goal: { atMost: bound } };
}

/** A figure that must not be below a bound. */
export function atLeast(bound: number, label: string, value: number, unit = ''): Figure {
  return { label, value, unit, goal: { atLeast: bound } };
}
