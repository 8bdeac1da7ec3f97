/** @returns those members of `from` */
export function pick<T extends object, K extends keyof T>(
  from: T,
  keys: readonly K[],
): { [P in K]: T[P] } {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as { [P in K]: T[P] };
}

/** @returns those members of `from` that are not undefined; the others are left out */
export function pickDefined<T extends object, K extends keyof T>(
  from: T,
  keys: readonly K[],
): { [P in K]?: Exclude<T[P], undefined> } {
  const given = keys.filter((key) => from[key] !== undefined);
  return pick(from, given) as { [P in K]?: Exclude<T[P], undefined> };
}
