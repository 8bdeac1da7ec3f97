import { Injectable } from '@nestjs/common';
import type { Endpoint, EndpointRole } from '../../../fleet/endpoint.js';
import { Fleet } from '../../../fleet/fleet.js';
import { generateApiOf } from '../../../openai/api.js';
import { RouterOptions } from '../router.options.js';
import type { RoutedExchange } from '../routing/routed-exchange.js';
import type { RoutedRequest } from '../routing/routed-request.js';

/** `pair`: a prefill worker and a decode worker; else one worker of that role does it all. */
export type Way = 'pair' | 'regular' | 'decode';

type Roles = Readonly<Record<EndpointRole, boolean>>;

const PREFERS = 'x-prefer-pd';

/** Which requests are shared by a prefill worker and a decode worker. */
@Injectable()
export class PairWays {
  /** By model; that of all models is undefined. */
  private readonly roles = new Map<string | undefined, Roles>();
  private version = -1;

  constructor(
    private readonly options: RouterOptions,
    private readonly fleet: Fleet,
  ) {}

  of(exchange: RoutedExchange, request: RoutedRequest): Way {
    const { config } = this.options;
    const { regular, prefill, decode } = this.rolesOf(config.enableIgw ? request.model : undefined);
    if (regular && !prefill && !decode) return 'regular';
    const isAsked = config.pdDisaggregation || prefersPair(exchange);
    const isShared = isAsked || (!regular && (prefill || decode));
    if (!isShared) return 'regular';
    if (isGenerating(exchange, request)) return 'pair';
    return decode || !regular ? 'decode' : 'regular';
  }

  private rolesOf(model: string | undefined): Roles {
    const { fleet } = this;
    if (fleet.version !== this.version) {
      this.roles.clear();
      this.version = fleet.version;
    }
    let roles = this.roles.get(model);
    if (!roles) this.roles.set(model, (roles = rolesAmong(fleet.all, model)));
    return roles;
  }
}

function rolesAmong(all: readonly Endpoint[], model: string | undefined): Roles {
  const roles = { regular: false, prefill: false, decode: false };
  for (const { spec, status, models } of all) {
    if (status === 'draining' || status === 'failed') continue;
    if (model === undefined || models.includes(model)) roles[spec.role] = true;
  }
  return roles;
}

function prefersPair({ request: { headers } }: RoutedExchange): boolean {
  const asked = headers[PREFERS];
  return asked === '1' || asked === 'true';
}

/** It has a prompt to compute, and parameters of the transfer can be put into its body. */
function isGenerating({ request, facts }: RoutedExchange, { json }: RoutedRequest): boolean {
  return request.method === 'POST' && json !== undefined && generateApiOf(facts.path) !== undefined;
}
