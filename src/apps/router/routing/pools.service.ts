import { Injectable } from '@nestjs/common';
import type { Endpoint, EndpointRole } from '../../../fleet/endpoint.js';
import { Fleet } from '../../../fleet/fleet.js';
import { Pool, type PoolOptions } from '../../../fleet/pool.js';
import { BlockIndex } from '../../../kv-events/block-index.js';
import { Logger } from '../../../logging/logger.js';
import {
  createPolicy,
  policyNameOf,
  type PolicyName,
  type PolicyOptions,
} from '../../../policy/policies.js';
import type { Policy } from '../../../policy/policy.js';
import { RouterOptions } from '../router.options.js';
import { kvOptions } from '../settings/kv.settings.js';
import { POLICY_OPTION_KEYS, policyOptions } from '../settings/policy.settings.js';

/** Endpoints that can stand in for each other, and the policy that chooses among them. */
export interface PolicyPool {
  readonly pool: Pool;
  readonly policy: Policy;
  readonly name: PolicyName;
}

const TOOLS = { now: () => performance.now(), random: Math.random };
/** The model of a router that does not tell models apart, and of requests that are for any. */
const ANY = undefined;

/** Which pools there are: one a role, and with `--enable-igw` one a role and model, each with a policy of its own. */
@Injectable()
export class Pools {
  private readonly pools = new Map<string, PolicyPool>();
  /** Policy of a model, as the first of its workers names it, if it does. */
  private readonly named = new Map<string, PolicyName | undefined>();
  private readonly policyOptions: Partial<PolicyOptions>;
  /** Looked at by pools when they use them. */
  private readonly poolOptions = livePoolOptions(() => this.options);
  private timer: NodeJS.Timeout | undefined;
  /** Whether any pool may have a policy that wants tokens: most routers ask no further. */
  private mayWantTokens: boolean;
  private served = { version: -1, models: new Set<string>() };

  constructor(
    private readonly fleet: Fleet,
    private readonly options: RouterOptions,
    private readonly logger: Logger,
    blockIndex: BlockIndex,
  ) {
    fleet.listen({
      added: (endpoint) => this.arrived(endpoint),
      updated: (endpoint) => this.arrived(endpoint),
      removed: (endpoint) => this.left(endpoint),
      forgotten: (endpoint) => this.forget(endpoint),
    });
    for (const endpoint of fleet.all) this.arrived(endpoint);
    const { config } = options;
    this.policyOptions = { ...policyOptions(config), ...kvOptions(config), blockIndex };
    options.onChange(['evictionIntervalSecs'], () => this.tidyRegularly());
    // Policies look at their options when they use them, and keep what they know.
    options.onChange(POLICY_OPTION_KEYS, (config) => {
      Object.assign(this.policyOptions, policyOptions(config));
    });
    this.mayWantTokens = this.hasTokenWanting();
    options.onChange(['policy', 'prefillPolicy', 'decodePolicy'], () => this.choosePolicies());
    this.tidyRegularly();
  }

  /** Models are told apart. */
  get byModel(): boolean {
    return this.options.config.enableIgw;
  }

  /** Ids of all models that a worker serves, whatever its state. */
  get models(): ReadonlySet<string> {
    const { version } = this.fleet;
    if (version !== this.served.version) {
      const serving = this.fleet.all.filter(({ status }) => status !== 'draining');
      this.served = { version, models: new Set(serving.flatMap(({ models }) => models)) };
    }
    return this.served.models;
  }

  /** @param model undefined: the workers of all models */
  of(role: EndpointRole, model: string | undefined): PolicyPool {
    const asked = this.byModel ? model : ANY;
    const key = keyOf(role, asked);
    let pool = this.pools.get(key);
    if (!pool) this.pools.set(key, (pool = this.make(role, asked)));
    return pool;
  }

  /** @returns the pool of the model whose policy wants to know the tokens of prompts; undefined where none does */
  tokenWanting(model: string | undefined): PolicyPool | undefined {
    if (!this.mayWantTokens) return undefined;
    for (const role of ROLES) {
      const pool = this.of(role, model);
      if (pool.policy.wantsTokens && pool.pool.candidates().length > 0) return pool;
    }
    return undefined;
  }

  /** @returns name of the policy that decides whether that endpoint gets a request */
  policyOf({ spec, models }: Endpoint): PolicyName {
    return this.nameFor(spec.role, this.byModel ? models[0] : ANY);
  }

  private hasTokenWanting(): boolean {
    return this.byModel || ROLES.some((role) => this.nameFor(role, ANY) === 'kv_aware');
  }

  /** What was remembered of an endpoint goes: it has left for good, or its cache is empty. */
  forget({ id }: Endpoint): void {
    this.each((policy) => policy.removed?.(id));
  }

  /** Characters that policies remember, by worker. */
  treeSizes(): ReadonlyMap<string, number> {
    const sizes = new Map<string, number>();
    this.each((policy) => {
      for (const [id, size] of policy.sizes?.() ?? []) sizes.set(id, (sizes.get(id) ?? 0) + size);
    });
    return sizes;
  }

  sessionEnded(key: string): void {
    this.each((policy) => policy.sessionEnded?.(key));
  }

  close(): void {
    clearInterval(this.timer);
  }

  private make(role: EndpointRole, model: string | undefined): PolicyPool {
    const name = this.nameFor(role, model);
    const isMember = ({ spec, models }: Endpoint): boolean =>
      spec.role === role && (model === undefined || models.includes(model));
    const pool = new Pool(this.fleet, isMember, this.poolOptions);
    return { name, pool, policy: createPolicy(name, TOOLS, this.policyOptions) };
  }

  private tidyRegularly(): void {
    clearInterval(this.timer);
    const { evictionIntervalSecs } = this.options.config;
    this.timer = setInterval(() => this.each((policy) => policy.tidy?.()), evictionIntervalSecs);
    this.timer.unref();
  }

  /** Pools whose policy is another one now get it; the others keep theirs, and what it knows. */
  private choosePolicies(): void {
    this.mayWantTokens = this.hasTokenWanting();
    for (const [key, entry] of this.pools) {
      const [role] = key.split(' ', 1) as [EndpointRole];
      const name = this.nameFor(role, key === role ? ANY : key.slice(role.length + 1));
      if (name === entry.name) continue;
      this.pools.set(key, {
        ...entry,
        name,
        policy: createPolicy(name, TOOLS, this.policyOptions),
      });
    }
  }

  private nameFor(role: EndpointRole, model: string | undefined): PolicyName {
    const { policy, prefillPolicy, decodePolicy } = this.options.config;
    const ofRole = { regular: undefined, prefill: prefillPolicy, decode: decodePolicy }[role];
    const named = model === undefined ? undefined : this.named.get(model);
    return named ?? policyNameOf(ofRole ?? policy)!;
  }

  private arrived({ id, models, spec }: Endpoint): void {
    if (!this.byModel) return;
    for (const model of models) {
      if (this.named.has(model)) continue;
      const { policy } = spec.labels;
      const name = policy === undefined ? undefined : policyNameOf(policy);
      if (policy !== undefined && !name) {
        this.logger.warn('the label policy names none, --policy is used', { worker: id, policy });
      }
      this.named.set(model, name);
    }
  }

  /** With its last worker a model goes, and what its policies know. */
  private left(endpoint: Endpoint): void {
    const { models } = this;
    for (const model of endpoint.models) {
      if (models.has(model)) continue;
      this.named.delete(model);
      for (const role of ROLES) this.pools.delete(keyOf(role, model));
    }
  }

  private each(what: (policy: Policy) => void): void {
    for (const { policy } of this.pools.values()) what(policy);
  }
}

function livePoolOptions(options: () => RouterOptions): PoolOptions {
  return {
    get panicThreshold() {
      return options().config.panicThreshold;
    },
    get tierMaxLoad() {
      return options().config.tierMaxLoad;
    },
  };
}

const ROLES: readonly EndpointRole[] = ['regular', 'prefill', 'decode'];

function keyOf(role: EndpointRole, model: string | undefined): string {
  return model === undefined ? role : `${role} ${model}`;
}
