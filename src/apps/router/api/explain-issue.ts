import type * as z from 'zod';

/** What the body should be where nothing nearer can be said. */
const EXAMPLE = 'give an object, as {"url":"http://HOST:PORT"}';
const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  record: 'an object',
};

/**
 * @param issue of a body that does not fit its schema
 * @param body as it was parsed
 * @returns one sentence: which member, what is wrong, what to give
 */
export function explainIssue(issue: z.core.$ZodIssue, body: unknown): string {
  const member = issue.path.join('.');
  if (member === '') return `the body is no object: ${EXAMPLE}`;
  const value = valueAt(body, issue.path);
  if (value === undefined) return `${member} is missing: give ${wanted(issue)}`;
  if (member === 'api_key') return `api_key: expected ${wanted(issue)}`;
  return `${member}: expected ${wanted(issue)}, got ${JSON.stringify(value).slice(0, 80)}`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], body);
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.path.join('.') === 'url') return '"http://HOST:PORT"';
      return TYPES[issue.expected] ?? `a JSON ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}
