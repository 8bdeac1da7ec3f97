/** How a key that is new finds its endpoint with the policy `manual`: `min_group` is the one with the fewest keys. */
export const ASSIGNMENT_MODES = ['random', 'min_load', 'min_group'] as const;
export type AssignmentMode = (typeof ASSIGNMENT_MODES)[number];
