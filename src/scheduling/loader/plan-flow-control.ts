import type { FlowControlSection } from '../../flow-control/flow-control-config.js';
import type { FlowControlSetup } from '../picker-setup.js';
import type { ConfigDocument } from './config-document.js';
import type { PlannedPlugin, PluginPlan } from './plugin-plan.js';

const DEFAULT_POLICIES = [
  'fcfs-ordering-policy',
  'global-strict-fairness-policy',
  'static-usage-limit-policy',
];
const DEFAULT_DETECTOR = 'utilization-detector';

/**
 * Sees to it that the policies which the section names, and those which are used where it names none, are there.
 *
 * @throws ConfigError on an unknown plugin, or one that is something else
 */
export function planFlowControl(
  { flowControl }: ConfigDocument,
  plan: PluginPlan,
  isEnabled: boolean,
): FlowControlSetup {
  const section: FlowControlSection = flowControl ?? {};
  if (isEnabled) requirePolicies(section, plan);
  else if (Object.keys(section).some((key) => key !== 'saturationDetector')) {
    plan.warnings.push(
      'the section flowControl has no effect without the feature gate: add flowControl to featureGates',
    );
  }
  return { isEnabled, section };
}

function requirePolicies(section: FlowControlSection, plan: PluginPlan): void {
  for (const type of DEFAULT_POLICIES) plan.ensure(type);
  const bands = [
    section.defaultPriorityBand,
    section.defaultNegativePriorityBand,
    ...(section.priorityBands ?? []),
  ];
  for (const band of bands) {
    const { fairnessPolicyRef, orderingPolicyRef } = band ?? {};
    if (fairnessPolicyRef !== undefined) {
      plan.requireOrDefault(fairnessPolicyRef, 'fairness-policy', 'flowControl.fairnessPolicyRef');
    }
    if (orderingPolicyRef !== undefined) {
      plan.requireOrDefault(orderingPolicyRef, 'ordering-policy', 'flowControl.orderingPolicyRef');
    }
  }
  const limit = section.usageLimitPolicyPluginRef;
  if (limit === undefined) return;
  plan.requireOrDefault(limit, 'usage-limit-policy', 'flowControl.usageLimitPolicyPluginRef');
}

/** @returns that of the section, else the old one beside it, else the default one */
export function planDetector(
  { flowControl, saturationDetector }: ConfigDocument,
  plan: PluginPlan,
): PlannedPlugin | undefined {
  if (saturationDetector) {
    plan.warnings.push('saturationDetector is old: write it into the section flowControl');
  }
  const name = flowControl?.saturationDetector?.pluginRef || saturationDetector?.pluginRef;
  if (!name) return plan.ensure(DEFAULT_DETECTOR);
  return plan.requireOrDefault(name, 'saturation-detector', 'saturationDetector');
}
