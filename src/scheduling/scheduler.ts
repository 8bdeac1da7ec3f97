import type { InferenceRequest } from './inference-request.js';
import type { SchedulerSetup } from './picker-setup.js';
import type { Endpoints, ProfileHandler } from './plugin.js';
import { Preparation, type PreparationTools } from './preparation.js';
import { Profile } from './profile.js';
import { ProfileRecorder } from './profile-recorder.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';
import { SchedulingFailure } from './scheduling-failure.js';
import type { SchedulingResult } from './scheduling-result.js';
import { ScoreBuffers } from './score-buffers.js';

type Headers = SchedulingResult['headers'];
type Done = Map<string, Endpoints | undefined>;
type Records = Map<string, ProfileRecorder>;
type Picked = SchedulingResult['endpoints'];

const NO_HEADERS: Headers = [];

/** Decides where requests go: the handler says which profiles run, and what they come to. */
export class Scheduler {
  private readonly profiles = new Map<string, Profile>();
  private readonly names: readonly string[];
  private readonly handler: ProfileHandler;
  private readonly preparation: Preparation;

  constructor(
    private readonly setup: SchedulerSetup,
    tools: PreparationTools,
  ) {
    this.preparation = new Preparation(setup.producers, tools);
    const buffers = new ScoreBuffers();
    for (const profile of setup.profiles) {
      this.profiles.set(profile.name, new Profile(profile, buffers));
    }
    this.names = [...this.profiles.keys()];
    this.handler = setup.handler.plugin;
  }

  /**
   * Lets producers find out what plugins look at; to be called before {@link schedule}, with the same endpoints.
   *
   * @returns nothing where all was done at once; a promise that never rejects where a producer has to wait
   */
  prepare(request: InferenceRequest, endpoints: Endpoints): void | Promise<void> {
    return this.preparation.run(request, endpoints);
  }

  /** @param endpoints those that may get the request, in the order of their registration */
  schedule(request: InferenceRequest, endpoints: Endpoints): SchedulingResult | SchedulingFailure {
    const done = new Map<string, Endpoints | undefined>();
    const records = request.explain ? new Map<string, ProfileRecorder>() : undefined;
    if (endpoints.length === 0) return unavailable('There is no endpoint.', records);
    const failed = this.runProfiles(request, endpoints, done, records);
    const primary = this.handler.primary(this.names, done);
    const picked = primary === undefined ? undefined : done.get(primary);
    if (!picked) {
      if (failed?.isSaturated(request, endpoints)) return saturated(records);
      return this.failure(request, done, records);
    }
    const headers = this.headersOf(request, done, primary!);
    if (failed) for (const [name, each] of done) if (!each) done.delete(name);
    return {
      endpoints: picked as Picked,
      destinations: this.destinationsOf(picked),
      profiles: done as ReadonlyMap<string, readonly ScheduledEndpoint[]>,
      headers,
      records,
    };
  }

  /** @returns the last one that came to nothing */
  private runProfiles(
    request: InferenceRequest,
    endpoints: Endpoints,
    done: Done,
    records: Records | undefined,
  ): Profile | undefined {
    let failed: Profile | undefined;
    for (;;) {
      const name = this.handler.next(request, this.names, done);
      // No profile runs twice: a handler that asks for one again is done.
      if (name === undefined || done.has(name)) return failed;
      const profile = this.profiles.get(name);
      if (!profile) return failed;
      const recorder = records ? new ProfileRecorder(endpoints) : undefined;
      if (recorder) records!.set(name, recorder);
      request.trace?.profileBegan(name, endpoints.length);
      const picked = profile.run(request, endpoints, recorder);
      request.trace?.profileEnded(picked);
      done.set(name, picked);
      if (!picked) failed = profile;
    }
  }

  private headersOf(request: InferenceRequest, done: Done, primary: string): Headers {
    const own = this.handler.headers?.(request, done) ?? NO_HEADERS;
    if (this.setup.headerWriters.length === 0) return own;
    const all = new Map(own);
    for (const { plugin } of this.setup.headerWriters) {
      for (const [name, value] of plugin.headers(request, done, primary)) all.set(name, value);
    }
    return [...all];
  }

  private destinationsOf(picked: Endpoints): readonly string[] | undefined {
    if (!this.handler.destination) return undefined;
    return picked.map((endpoint) => this.handler.destination!(endpoint));
  }

  private failure(
    request: InferenceRequest,
    done: Done,
    records: Records | undefined,
  ): SchedulingFailure {
    const refusal = done.size === 0 ? this.handler.refusal?.(request, this.names) : undefined;
    if (refusal !== undefined) return new SchedulingFailure(400, undefined, refusal, records);
    return unavailable('No endpoint may get this request.', records);
  }
}

function unavailable(message: string, records: Records | undefined): SchedulingFailure {
  return new SchedulingFailure(503, 'rejected-no-endpoints', message, records);
}

function saturated(records: Records | undefined): SchedulingFailure {
  const message = 'All endpoints that may get this request are too busy.';
  return new SchedulingFailure(429, 'rejected-saturated', message, records);
}
