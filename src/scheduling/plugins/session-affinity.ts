import type { LifecycleListener } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { PluginTools } from '../plugin-definition.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import type { SessionAffinityParameters } from './session-parameters.js';
import { SessionBindings } from './session-bindings.js';
import type { SessionStrategy } from './session-strategy.js';
import { SessionTokens } from './session-tokens.js';

/** What the filter and the scorer have in common. */
export class SessionAffinity implements LifecycleListener {
  protected readonly strategy: SessionStrategy;

  constructor(parameters: SessionAffinityParameters, tools: PluginTools) {
    const { profileName, strategy, encodedEndpointHeaderConfig, sessionIdConfig } = parameters;
    const profile = profileName === '' ? undefined : profileName;
    this.strategy =
      strategy === 'session_id'
        ? new SessionBindings(sessionIdConfig, profile, tools)
        : new SessionTokens(encodedEndpointHeaderConfig.header, profile);
  }

  decided(request: InferenceRequest, result: SchedulingResult): void {
    this.strategy.decided?.(request, result);
  }

  answerHeaders(
    request: InferenceRequest,
    result: SchedulingResult,
    served: ScheduledEndpoint,
  ): readonly (readonly [string, string])[] {
    return this.strategy.answerHeaders?.(request, result, served) ?? [];
  }

  removed(endpoint: ScheduledEndpoint): void {
    this.strategy.removed?.(endpoint);
  }
}
