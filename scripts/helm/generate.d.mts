export const CHART_PAGES: Readonly<Record<string, () => Promise<string>>>;

/** @throws Error that names a value which the schema or values.yaml lacks, or that nothing describes */
export function describedSchema(options: {
  readonly chart: string;
  /** A zod schema. */
  readonly values: unknown;
  /** The text of values.yaml. */
  readonly text: string;
}): { readonly schema: Record<string, unknown> };
