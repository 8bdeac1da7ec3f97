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

/** The bound of a figure, in short. */
export function renderGoal(goal: Goal | undefined): string {
  if (goal?.atMost === 0) return '0';
  if (goal?.atMost !== undefined) return `<= ${renderNumber(goal.atMost)}`;
  return goal?.atLeast === undefined ? '' : `>= ${renderNumber(goal.atLeast)}`;
}

/** A value with as many digits as say something. */
export function renderNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** How many figures are as they must be, in words. */
export function countGoals(figures: readonly Figure[]): string {
  const bound = figures.filter(({ goal }) => goal);
  const missed = bound.filter((figure) => !meetsGoal(figure)).length;
  return `${bound.length - missed} goals met, ${missed} missed`;
}
