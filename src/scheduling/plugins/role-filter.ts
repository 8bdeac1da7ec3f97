import { definePlugin, type PluginDefinition } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { keep } from '../keep.js';
import { NO_PARAMETERS } from './no-parameters.js';

/** Says what a model server does. */
const ROLE_LABEL = 'llm-d.ai/role';

/** Lets through the servers of certain roles. */
export class RoleFilter implements Filter {
  private readonly passes: (endpoint: ScheduledEndpoint) => boolean;

  /** @param takesUnlabelled also servers that say no role */
  constructor(roles: ReadonlySet<string>, takesUnlabelled: boolean) {
    this.passes = ({ labels }) => {
      const role = labels[ROLE_LABEL];
      return role === undefined ? takesUnlabelled : roles.has(role);
    };
  }

  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    return keep(endpoints, this.passes);
  }
}

/** What a filter of roles says of itself. */
interface RoleFilterNames {
  readonly type: string;
  readonly summary: string;
  readonly roles: readonly string[];
  readonly takesUnlabelled: boolean;
}

/** @returns the definition of a filter that has no parameters */
export function defineRoleFilter(names: RoleFilterNames): PluginDefinition {
  const { roles, takesUnlabelled, type, summary } = names;
  return definePlugin({
    type,
    kinds: ['filter'],
    summary,
    parameters: NO_PARAMETERS,
    create: () => new RoleFilter(new Set(roles), takesUnlabelled),
  });
}
