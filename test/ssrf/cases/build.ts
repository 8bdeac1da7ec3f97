import { HEADER, type Expected, type SsrfCase } from './case.js';

type More = Partial<Omit<SsrfCase, 'expect'>> & { readonly expect?: Partial<Expected> };

/** A value of the header that is to be refused by the grammar. */
export function malformed(rule: string, why: string, value: string, more: More = {}): SsrfCase {
  return caseOf(rule, why, value, {
    ...more,
    expect: { status: 400, dnsQueries: 0, ...more.expect },
  });
}

/** A value of the header that is to be refused by the allowlist. */
export function denied(rule: string, why: string, value: string, more: More = {}): SsrfCase {
  return caseOf(rule, why, value, { ...more, expect: { status: 403, ...more.expect } });
}

/** A value of the header that is to be prefilled at `prefillAt`. */
export function allowed(
  rule: string,
  why: string,
  [value, prefillAt]: readonly [string, string],
  more: More = {},
): SsrfCase {
  return caseOf(rule, why, value, { ...more, expect: { status: 200, prefillAt, ...more.expect } });
}

/** A request that goes to the decoder alone. */
export function bypassed(
  rule: string,
  why: string,
  lines: readonly string[],
  more: More = {},
): SsrfCase {
  return caseOf(rule, why, '', { lines, ...more, expect: { status: 200, ...more.expect } });
}

function caseOf(
  rule: string,
  why: string,
  value: string,
  more: Omit<More, 'expect'> & { expect: Partial<Expected> & { status: number } },
): SsrfCase {
  const { id = `${rule} ${why}`, lines = [`${HEADER}: ${value}`], ...rest } = more;
  return { ...rest, id, rule, why, lines };
}
