import type { Fields } from './fields.js';
import type { PodSelector } from './pod-selector.js';
import { labelFlaw } from './selector.js';

/** One requirement of a selector. */
interface Requirement {
  readonly text: string;
  holds(value: unknown): boolean;
  readonly key: string;
}

/** Commas part requirements, but for those in the parentheses of a set. */
const PARTS = /(?:[^,()]|\([^()]*\))+/g;
const SHAPES =
  /^(?:(?<absent>!)\s*(?<gone>[^\s!=<>()]+)|(?<key>[^\s!=<>()]+)(?:\s*(?<equal>==?|!=)\s*(?<value>[^\s!=<>()]*)|\s+(?<set>in|notin)\s*\((?<values>[^()]*)\)|\s*(?<than>[<>])\s*(?<number>-?\d+))?)$/;

/**
 * Reads a label selector as Kubernetes writes it: `app=vllm,tier!=test`, `tier in (a,b)`, `tier notin (a)`, `key`, `!key`,
 * `rank>3`; all requirements have to hold. As there, a pod without the label fulfils `!=` and `notin`.
 *
 * @returns the selector, or a sentence that says what is wrong
 */
export function parseLabelSelector(text: string): PodSelector | string {
  const requirements: Requirement[] = [];
  const parts = text.match(PARTS) ?? [];
  if (parts.join(',') !== text || parts.length === 0) {
    return `${JSON.stringify(text)} is no label selector: give KEY=VALUE, several parted by commas`;
  }
  for (const part of parts) {
    const requirement = parseRequirement(part.trim());
    if (typeof requirement === 'string') return requirement;
    requirements.push(requirement);
  }
  return {
    text: requirements.map((one) => one.text).join(','),
    selects: (labels: Fields) => requirements.every(({ key, holds }) => holds(labels[key])),
  };
}

function parseRequirement(part: string): Requirement | string {
  const groups = SHAPES.exec(part)?.groups;
  if (!groups) {
    return `${JSON.stringify(part)} is no requirement: give KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY`;
  }
  const key = groups['key'] ?? groups['gone']!;
  const values = valuesOf(groups);
  if (values.length === 0 && groups['set']) return `${JSON.stringify(part)} has no values`;
  const flaw = [labelFlaw(key, ''), ...values.map((value) => labelFlaw(key, value))].find(Boolean);
  return flaw ?? requirementOf(key, groups, values);
}

function requirementOf(
  key: string,
  groups: Readonly<Record<string, string | undefined>>,
  values: readonly string[],
): Requirement {
  const { absent, equal, set, than, number } = groups;
  const isOneOf = (value: unknown): boolean => values.includes(value as string);
  const list = [...new Set(values)].sort().join(',');
  if (absent) return { key, text: `!${key}`, holds: (value) => value === undefined };
  if (equal === '!=') return { key, text: `${key}!=${list}`, holds: (value) => !isOneOf(value) };
  if (equal) return { key, text: `${key}=${list}`, holds: isOneOf };
  if (set === 'in') return { key, text: `${key} in (${list})`, holds: isOneOf };
  if (set) return { key, text: `${key} notin (${list})`, holds: (value) => !isOneOf(value) };
  if (than) {
    const bound = Number(number);
    const holds = (value: unknown): boolean => {
      if (typeof value !== 'string' || !/^-?\d+$/.test(value)) return false;
      return than === '>' ? Number(value) > bound : Number(value) < bound;
    };
    return { key, text: `${key}${than}${number}`, holds };
  }
  return { key, text: key, holds: (value) => value !== undefined };
}

function valuesOf(groups: Readonly<Record<string, string | undefined>>): readonly string[] {
  const { equal, value = '', set, values = '' } = groups;
  if (equal) return [value];
  if (!set || values.trim() === '') return [];
  return values.split(',').map((one) => one.trim());
}
