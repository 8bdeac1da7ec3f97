/** Suffixes of Kubernetes' quantities, decimal and binary. */
const FACTORS: Readonly<Record<string, number>> = {
  ...{ '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** `5000`, `1G`, `512Mi`, `1.5k`, `1e9`. */
const QUANTITY = /^\+?(\d+\.?\d*|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;

/**
 * Whole number of a quantity as Kubernetes writes it (apimachinery's `resource.Quantity`), rounded up.
 *
 * @returns `undefined` for anything else, for what is negative and for what a number cannot hold exactly
 */
export function parseQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (!match) return undefined;
  const [, amount, suffix = '', exponent] = match;
  const factor = exponent === undefined ? FACTORS[suffix]! : 10 ** Number(exponent);
  // 0.1 * 1e9 is not whole in binary: what is off by less than a part in 10^12 is meant to be whole.
  const product = Number(amount) * factor;
  const nearest = Math.round(product);
  const whole = Math.abs(product - nearest) <= product * 1e-12 ? nearest : Math.ceil(product);
  return Number.isSafeInteger(whole) ? whole : undefined;
}
