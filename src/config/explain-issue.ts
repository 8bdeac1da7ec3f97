import type * as z from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  record: 'an object',
  object: 'an object',
  array: 'a list',
};

/**
 * @param issue of JSON that does not fit its schema
 * @param json as it was parsed
 * @param whole what the JSON is, as `the body`
 * @returns one sentence: which member, what is wrong, what to give; the value of a key is not told
 */
export function explainIssue(issue: z.core.$ZodIssue, json: unknown, whole: string): string {
  const member = memberAt(issue.path) || whole;
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown>)[key],
    json,
  );
  if (value === undefined) return `${member}: it is missing, give ${wanted(issue)}`;
  if (issue.path.at(-1) === 'api_key') return `${member}: expected ${wanted(issue)}`;
  return `${member}: expected ${wanted(issue)}, got ${JSON.stringify(value).slice(0, 80)}`;
}

/** @returns as in JavaScript: `workers[0].labels.tier` */
export function memberAt(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (before, step) =>
      typeof step === 'number' ? `${before}[${step}]` : `${before && `${before}.`}${String(step)}`,
    '',
  );
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.path.at(-1) === 'url') return '"http://HOST:PORT"';
      return TYPES[issue.expected] ?? `a JSON ${issue.expected}`;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}
