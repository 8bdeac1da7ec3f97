/** @returns the nearest number from 0 to 1; 0 for what is no number */
export function unit(value: number): number {
  if (value >= 1) return 1;
  return value > 0 ? value : 0;
}
