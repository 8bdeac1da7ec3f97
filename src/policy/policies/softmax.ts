import type { PolicyTools } from '../policy.js';

/**
 * @param costs NaN for those that must not be taken
 * @param least index of the lowest one
 * @param temperature 0 takes the lowest; costs count as shares of the widest difference, so that it means the same for
 * short and long prompts
 * @returns an index; low costs are likelier
 */
export function softmax(
  costs: readonly number[],
  least: number,
  temperature: number,
  tools: Pick<PolicyTools, 'random'>,
): number {
  if (temperature <= 0) return least;
  const lowest = costs[least]!;
  const span = Math.max(...costs.filter((cost) => !Number.isNaN(cost))) - lowest || 1;
  const weights = costs.map((cost) =>
    Number.isNaN(cost) ? 0 : Math.exp((lowest - cost) / (span * temperature)),
  );
  let left = tools.random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return least;
}
