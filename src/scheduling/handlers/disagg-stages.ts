import type { InferenceRequest } from '../inference-request.js';
import { PEER_ENDPOINT } from '../peer-endpoint.js';
import type { Decider, ProfileHandler, ProfileOutcomes } from '../plugin.js';
import { stageHeaders } from './stage-headers.js';

/** The names of profiles, and what says whether they run. */
export interface Stages {
  readonly decode: string;
  readonly prefill: string;
  readonly encode: string;
  /** Without one nothing is prefilled elsewhere. */
  readonly prefillDecider: Decider | undefined;
  /** Without one nothing is encoded elsewhere. */
  readonly encodeDecider: Decider | undefined;
}

/** Decodes on one endpoint what others prefill or encode: their addresses go to its sidecar in headers. */
abstract class DisaggHandler implements ProfileHandler {
  constructor(protected readonly stages: Stages) {}

  abstract next(
    request: InferenceRequest,
    profiles: readonly string[],
    done: ProfileOutcomes,
  ): string | undefined;

  primary(_profiles: readonly string[], done: ProfileOutcomes): string | undefined {
    return done.get(this.stages.decode) ? this.stages.decode : undefined;
  }

  headers(
    _request: InferenceRequest,
    done: ProfileOutcomes,
  ): readonly (readonly [string, string])[] {
    const { prefill, encode, decode } = this.stages;
    return stageHeaders(done, prefill, encode, decode);
  }

  mistakeIn(profiles: readonly string[]): string | undefined {
    const { decode, prefill, encode, prefillDecider, encodeDecider } = this.stages;
    const needed: [string, string][] = [['decode', decode]];
    if (prefillDecider) needed.push(['prefill', prefill]);
    if (encodeDecider) needed.push(['encode', encode]);
    const missing = needed.find(([, name]) => !profiles.includes(name));
    return missing
      ? `its ${missing[0]} profile "${missing[1]}" is not among the profiles ${profiles.join(', ')}`
      : undefined;
  }
}

/** Decode, then encode and prefill where their deciders, who see the decoder, say so. */
export class DecodeFirstHandler extends DisaggHandler {
  next(
    request: InferenceRequest,
    profiles: readonly string[],
    done: ProfileOutcomes,
  ): string | undefined {
    const { decode, prefill, encode, prefillDecider, encodeDecider } = this.stages;
    if (!done.has(decode)) return decode;
    const decoder = done.get(decode)?.[0];
    if (!decoder || done.has(prefill)) return undefined;
    if (!done.has(encode) && profiles.includes(encode)) {
      if (encodeDecider?.disaggregates(request, decoder)) return encode;
    }
    if (!profiles.includes(prefill)) return undefined;
    if (!prefillDecider?.disaggregates(request, decoder)) return undefined;
    request.attributes.set(PEER_ENDPOINT, decoder);
    return prefill;
  }
}

/** Prefill wherever there is a profile for it, then encode, then decode: so that decoders can be chosen by the prefiller. */
export class PrefillFirstHandler extends DisaggHandler {
  next(
    request: InferenceRequest,
    profiles: readonly string[],
    done: ProfileOutcomes,
  ): string | undefined {
    const { decode, prefill, encode, encodeDecider } = this.stages;
    if (done.has(decode)) return undefined;
    if (!done.has(prefill) && profiles.includes(prefill)) return prefill;
    if (!done.has(encode) && profiles.includes(encode)) {
      if (encodeDecider?.disaggregates(request, undefined)) return encode;
    }
    const prefiller = done.get(prefill)?.[0];
    if (prefiller) request.attributes.set(PEER_ENDPOINT, prefiller);
    return decode;
  }
}
