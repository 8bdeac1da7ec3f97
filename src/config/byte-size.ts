const UNITS = { '': 1, KI: 2 ** 10, MI: 2 ** 20, GI: 2 ** 30, TI: 2 ** 40 } as const;

/** `65536`, `64KiB`, `256MiB`, `1Gi`. */
export const BYTE_SIZE_PATTERN = /^(\d+)\s?(?:([KMGTkmgt]i)[Bb]?)?$/;

/**
 * Bytes of a size: a whole number, or one with a binary unit (KiB, MiB, GiB, TiB, or Kubernetes'
 * short Ki, Mi, Gi, Ti). Decimal units are refused: people who write MB mean either.
 *
 * @returns `undefined` for anything else and for what a number cannot hold exactly.
 */
export function parseByteSize(text: string): number | undefined {
  const match = BYTE_SIZE_PATTERN.exec(text);
  if (!match) return undefined;
  const unit = (match[2] ?? '').toUpperCase() as keyof typeof UNITS;
  const bytes = Number(match[1]) * UNITS[unit];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
