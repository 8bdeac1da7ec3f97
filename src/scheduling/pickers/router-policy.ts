import { hash } from 'node:crypto';
import * as z from 'zod';
import { createPolicy, POLICY_SPELLINGS, policyNameOf } from '../../policy/policies.js';
import type { Policy, RequestFeatures } from '../../policy/policy.js';
import type { InferenceRequest } from '../inference-request.js';
import type { Endpoints, LifecycleListener, Picker } from '../plugin.js';
import { definePlugin, type PluginTools } from '../plugin-definition.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';

/** Between two times that policies forget what is too old: 2 minutes, as the router does. */
const TIDY_INTERVAL = 120_000;

const PARAMETERS = z.strictObject({
  policy: z.enum(POLICY_SPELLINGS).describe('As `--policy` of the router.'),
  withoutSession: z
    .enum(POLICY_SPELLINGS)
    .optional()
    .describe('The policy of requests that name no session; the same one unless given.'),
  shortTextLength: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'A text of fewer characters is like another one only where they are equal: no cache holds much of it.',
    ),
  cacheThreshold: z.number().min(0).max(1).optional().describe('As of the router.'),
  balanceAbsThreshold: z.int().min(0).optional().describe('As of the router.'),
  balanceRelThreshold: z.number().min(0).optional().describe('As of the router.'),
  balanceSharedThreshold: z.int().min(0).optional().describe('As of the router.'),
  maxTreeSize: z.int().min(1).optional().describe('As of the router.'),
  prefixTokenCount: z.int().min(1).optional().describe('As of the router.'),
  prefixLoadFactor: z
    .number()
    .min(1)
    .optional()
    .describe('As `--prefix-hash-load-factor` of the router.'),
});

/** Lets a policy of the router choose, whatever the totals. */
export class RouterPolicyPicker implements Picker, LifecycleListener {
  /** By the model that is asked for, where endpoints tell their models: policies know one pool of one model each. */
  private readonly policies = new Map<string, Policy>();
  private tidiedAt: number;

  constructor(
    private readonly create: () => Policy,
    private readonly now: () => number,
    private readonly shortTextLength: number,
  ) {
    this.tidiedAt = now();
  }

  pick(request: InferenceRequest, endpoints: Endpoints): Endpoints {
    this.tidy();
    // Names that no endpoint tells are the client's: there may be any number of them.
    const model = endpoints[0]!.models.includes(request.targetModel) ? request.targetModel : '';
    let policy = this.policies.get(model);
    if (!policy) this.policies.set(model, (policy = this.create()));
    return [endpoints[policy.choose(endpoints, this.featuresOf(request)).index]!];
  }

  private featuresOf(request: InferenceRequest): RequestFeatures {
    if (this.shortTextLength === 0) return request;
    const { text, sessionKey } = request;
    if (text === '' || text.length >= this.shortTextLength) return request;
    return { text: hash('sha1', text), sessionKey };
  }

  removed({ id }: ScheduledEndpoint): void {
    for (const policy of this.policies.values()) policy.removed?.(id);
  }

  private tidy(): void {
    const now = this.now();
    if (now - this.tidiedAt < TIDY_INTERVAL) return;
    this.tidiedAt = now;
    for (const policy of this.policies.values()) policy.tidy?.();
  }
}

/** One policy for requests that name a session, another one for those that do not. */
export class SessionPicker implements Picker, LifecycleListener {
  constructor(
    private readonly withSession: RouterPolicyPicker,
    private readonly withoutSession: RouterPolicyPicker,
  ) {}

  pick(request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const hasSession = request.sessionKey !== undefined && request.sessionKey !== '';
    return (hasSession ? this.withSession : this.withoutSession).pick(request, endpoints);
  }

  removed(endpoint: ScheduledEndpoint): void {
    this.withSession.removed(endpoint);
    this.withoutSession.removed(endpoint);
  }
}

type Options = Omit<z.output<typeof PARAMETERS>, 'policy' | 'withoutSession'>;

function pickerOf(
  policy: string,
  { shortTextLength, ...options }: Options,
  tools: PluginTools,
): RouterPolicyPicker {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  return new RouterPolicyPicker(
    () => createPolicy(policyNameOf(policy)!, tools, given),
    () => tools.now(),
    shortTextLength,
  );
}

export const routerPolicy = definePlugin({
  type: 'router-policy',
  kinds: ['picker'],
  summary: 'Lets a policy of the router choose the endpoint, whatever the totals.',
  parameters: PARAMETERS,
  create: ({ policy, withoutSession, ...options }, tools) => {
    const picker = pickerOf(policy, options, tools);
    if (withoutSession === undefined) return picker;
    return new SessionPicker(picker, pickerOf(withoutSession, options, tools));
  },
});
