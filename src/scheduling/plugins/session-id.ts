import type { InferenceRequest } from '../inference-request.js';
import { SESSION_PRODUCER, type RequestSession } from '../session.js';
import type { SessionAffinityParameters, SessionIdParameters } from './session-parameters.js';

type Source = SessionIdParameters['sources'][number];

/** @returns what the first source says that says something; undefined where none does */
export function sessionIdOf(
  request: InferenceRequest,
  sources: readonly Source[],
): string | undefined {
  for (let i = 0; i < sources.length; i++) {
    const id = idFrom(request, sources[i]!)?.trim();
    if (id) return id;
  }
  return undefined;
}

function idFrom(request: InferenceRequest, source: Source): string | undefined {
  const { header, attribute = '', producer } = source;
  if (header !== undefined) return request.headers.get(header);
  const found = request.attributes.get(producer ?? attribute) as
    string | RequestSession | undefined;
  return typeof found === 'object' ? found.id : found;
}

/** @returns names of producers that the configuration must have: that of the session id is made by itself */
export function sessionProducers(parameters: SessionAffinityParameters): readonly string[] {
  return namedProducers(parameters).filter((name) => name !== SESSION_PRODUCER);
}

/** @returns types of producers that are made where the configuration has none of them */
export function neededSessionProducers(parameters: SessionAffinityParameters): readonly string[] {
  return namedProducers(parameters).filter((name) => name === SESSION_PRODUCER);
}

function namedProducers({ strategy, sessionIdConfig }: SessionAffinityParameters): string[] {
  if (strategy !== 'session_id') return [];
  return sessionIdConfig.sources.flatMap(({ producer }) => producer ?? []);
}
