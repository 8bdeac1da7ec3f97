import type * as z from 'zod';
import { quote } from '../../config/config-error.js';
import { explainIssue, memberAt } from '../../config/explain-issue.js';
import { suggestion } from '../../config/suggestion.js';

/** @returns one sentence on the first mistake: which member, what is wrong, what to give */
export function explainMistake(error: z.ZodError, value: unknown, schema: z.ZodType): string {
  const issue = innermost(error.issues[0]!);
  const member = memberAt(issue.path);
  if (issue.code === 'custom') return member ? `${member}: ${issue.message}` : issue.message;
  if (issue.code !== 'unrecognized_keys') return explainIssue(issue, value, 'it');
  const unknown = issue.keys[0]!;
  const known = keysAt(schema, issue.path);
  const near = suggestion(unknown, known);
  const hint = near ? `did you mean ${near}?` : `there is ${known.join(', ') || 'none'}`;
  return `unknown key ${quote(member ? `${member}.${unknown}` : unknown)}; ${hint}`;
}

/** Of a choice of forms that of the first one which came furthest. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const deepest = issue.errors
    .flatMap((issues) => issues.slice(0, 1))
    .reduce<z.core.$ZodIssue | undefined>(
      (best, each) => (each.path.length > (best?.path.length ?? 0) ? each : best),
      undefined,
    );
  if (!deepest) return issue;
  const inner = innermost(deepest);
  return { ...inner, path: [...issue.path, ...inner.path] };
}

/** @returns the keys that an object has at that place of a schema; none where it is no object */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: SchemaDef | undefined = schema as unknown as SchemaDef;
  for (const step of path) {
    at = unwrapped(at);
    at = typeof step === 'number' ? at?.def.element : at?.def.shape?.[String(step)];
  }
  return Object.keys(unwrapped(at)?.def.shape ?? {});
}

/** As much of zod's own description of schemas as is looked at. */
interface SchemaDef {
  readonly def: {
    readonly innerType?: SchemaDef;
    readonly in?: SchemaDef;
    readonly element?: SchemaDef;
    readonly shape?: Readonly<Record<string, SchemaDef>>;
  };
}

function unwrapped(schema: SchemaDef | undefined): SchemaDef | undefined {
  let at = schema;
  for (;;) {
    const inner: SchemaDef | undefined = at?.def.innerType ?? at?.def.in;
    if (!inner) return at;
    at = inner;
  }
}
