import { oneOf, port, text } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';
import { ROUTING_LOGIC_NAMES } from '../../../scheduling/routing-logics.js';

const group = 'Without a configuration file';

/** Policies of the router that need nothing more to be said. */
const OTHER_POLICIES = ['random', 'power_of_two', 'least_load', 'consistent_hash', 'cache_aware'];

/**
 * The command line of the vLLM router's ext_proc service. Any of these settings but the session key, and `--static-hosts` and
 * `--service-discovery`, select it: one routing logic in place of a configuration, plaintext, and the health service on the same port.
 */
export const SEED_SETTINGS = {
  port: optional(port(0), {
    group,
    description: 'The port of the ext_proc service, in plaintext unless --secure-serving=true.',
    defaultText: '50051 with any other option of this group',
  }),
  'routing-logic': setting(oneOf([...ROUTING_LOGIC_NAMES, ...OTHER_POLICIES]), {
    group,
    description: 'How a host is picked.',
    default: 'round_robin',
  }),
  'route-config': optional(text('FILE', /./, 'a file'), {
    group,
    description: 'Routes of the proxy and their models, as JSON: [{name, model, path_prefix}].',
  }),
  'session-key': setting(text('HEADER', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name'), {
    group,
    description: 'The request header that names a session, for session_aware.',
    default: 'user_id',
  }),
};
