import { hash } from 'node:crypto';
import type { Endpoints } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { PluginTools } from '../plugin-definition.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { endpointOf, type SessionStrategy } from './session-strategy.js';
import { sessionIdOf } from './session-id.js';
import type { SessionIdParameters } from './session-parameters.js';

interface Binding {
  endpoint: ScheduledEndpoint;
  usedAt: number;
}

/** Sessions that are remembered: those of 300 s at 333 new ones a second. They take 15 to 24 MB. */
const MAX_SESSIONS = 100_000;
/** Characters of an id above which its digest stands for it. */
const MAX_ID = 128;
const ABSENT = Symbol('the server of the session is no candidate');

/** The picker remembers which server had a session; the client only names the session. */
export class SessionBindings implements SessionStrategy {
  /** By id; used longest ago first. */
  private readonly bindings = new Map<string, Binding>();
  private readonly maxIdle: number;

  /** @param profile whose server is meant; undefined for the one that the proxy is told */
  constructor(
    private readonly options: SessionIdParameters,
    private readonly profile: string | undefined,
    private readonly tools: Pick<PluginTools, 'name' | 'now'>,
  ) {
    this.maxIdle = options.evictionTtlSeconds * 1000;
  }

  find(request: InferenceRequest, endpoints: Endpoints): number {
    const id = this.idOf(request);
    if (id === undefined) return -1;
    this.forgetIdle();
    const binding = this.bindings.get(id);
    if (!binding) return -1;
    const index = endpoints.indexOf(binding.endpoint);
    if (index < 0) request.attributes.set(this.tools.name, ABSENT);
    else request.attributes.delete(this.tools.name);
    return index;
  }

  /** Binds a session that is not bound. One that is moves only where its server was no candidate. */
  decided(request: InferenceRequest, result: SchedulingResult): void {
    const id = this.idOf(request);
    const endpoint = id === undefined ? undefined : endpointOf(result, this.profile);
    if (id === undefined || !endpoint) return;
    const binding = this.bindings.get(id);
    if (binding && binding.endpoint !== endpoint) {
      if (request.attributes.get(this.tools.name) !== ABSENT) return;
      binding.endpoint = endpoint;
    }
    this.touch(id, binding ?? { endpoint, usedAt: 0 });
  }

  private touch(id: string, binding: Binding): void {
    binding.usedAt = this.tools.now();
    this.bindings.delete(id);
    this.bindings.set(id, binding);
    if (this.bindings.size > MAX_SESSIONS) this.forgetOldest();
  }

  private forgetIdle(): void {
    const since = this.tools.now() - this.maxIdle;
    for (const [id, { usedAt }] of this.bindings) {
      if (usedAt >= since) return;
      this.bindings.delete(id);
    }
  }

  private forgetOldest(): void {
    for (const id of this.bindings.keys()) {
      this.bindings.delete(id);
      return;
    }
  }

  private idOf(request: InferenceRequest): string | undefined {
    const id = sessionIdOf(request, this.options.sources);
    return id && id.length > MAX_ID ? hash('sha256', id, 'base64') : id;
  }
}
