import { SilentLogger } from '../../src/logging/silent-logger.js';
import type {
  NamedPlugin,
  ProfileSetup,
  SchedulerSetup,
} from '../../src/scheduling/picker-setup.js';
import type { Filter, Picker, ProfileHandler, Scorer } from '../../src/scheduling/plugin.js';
import { SingleProfileHandler } from '../../src/scheduling/handlers/single-profile-handler.js';
import { MaxScorePicker } from '../../src/scheduling/pickers/max-score-picker.js';
import { Ranking } from '../../src/scheduling/pickers/ranking.js';
import { Scheduler } from '../../src/scheduling/scheduler.js';

/** A plugin by the name under which it stands. */
export function named<T extends object>(name: string, plugin: T): NamedPlugin<T> {
  return { name, type: name, plugin };
}

/** What a profile is made of; takes the best one unless told otherwise. */
export interface GivenProfile {
  readonly filters?: Readonly<Record<string, Filter>>;
  /** With their weights. */
  readonly scorers?: Readonly<Record<string, readonly [Scorer, number]>>;
  readonly picker?: Picker;
}

export function profileSetup(name: string, given: GivenProfile = {}): ProfileSetup {
  const picker = given.picker ?? new MaxScorePicker(new Ranking(() => 0), 1);
  return {
    name,
    filters: Object.entries(given.filters ?? {}).map(([each, filter]) => named(each, filter)),
    scorers: Object.entries(given.scorers ?? {}).map(([each, [scorer, weight]]) => ({
      ...named(each, scorer),
      weight,
    })),
    picker: named('picker', picker),
  };
}

export const schedulerTools = { logger: new SilentLogger(), now: () => 0 };

/** @returns a scheduler of these profiles, by their names */
export function schedulerOf(
  profiles: Readonly<Record<string, GivenProfile>>,
  handler: ProfileHandler = new SingleProfileHandler(),
  more: Partial<SchedulerSetup> = {},
): Scheduler {
  const setup: SchedulerSetup = {
    profiles: Object.entries(profiles).map(([name, given]) => profileSetup(name, given)),
    handler: named('handler', handler),
    headerWriters: [],
    producers: [],
    ...more,
  };
  return new Scheduler(setup, schedulerTools);
}
