import { fieldsOf, listOf } from './fields.js';
import { parseSelector, type Selector } from './selector.js';

/** What counts of an InferencePool. */
export interface Pool {
  /** Undefined: it selects nothing. */
  readonly selector: Selector | undefined;
  /** Why it selects nothing, in words. */
  readonly flaw: string | undefined;
  readonly targetPorts: readonly number[];
}

/** Reads `spec.targetPorts[].number` (v1) and `spec.targetPortNumber` (v1alpha2), whichever are there. */
export function parsePool(object: unknown): Pool {
  const { selector, targetPorts, targetPortNumber } = fieldsOf(fieldsOf(object)['spec']);
  const parsed = parseSelector(selector);
  const ports = [...listOf(targetPorts).map((port) => fieldsOf(port)['number']), targetPortNumber];
  const flaw = typeof parsed === 'string' ? parsed : undefined;
  return {
    selector: typeof parsed === 'string' ? undefined : parsed,
    flaw,
    targetPorts: [...new Set(ports.filter(isPort))],
  };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535;
}
