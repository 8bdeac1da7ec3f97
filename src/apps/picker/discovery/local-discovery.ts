import type { FileDiscovery } from '../../../discovery/file-discovery.js';
import { Reconciler, type DiscoveryCounts } from '../../../discovery/reconciler.js';
import { StaticSource, type StaticHost } from '../../../discovery/static-source.js';
import type { Fleet } from '../../../fleet/fleet.js';
import type { Logger } from '../../../logging/logger.js';
import { ModelRewrites } from './model-rewrites.js';
import type { Objectives } from './objectives.js';
import type { PickerDiscovery } from './picker-discovery.js';

export interface LocalParts {
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly objectives: Objectives;
}

const UNCOUNTED: DiscoveryCounts = {
  updated: () => undefined,
  workerAdded: () => undefined,
  workerRemoved: () => undefined,
};

/** Endpoints that a file names. */
export class FileEndpoints implements PickerDiscovery {
  readonly objectives: Objectives;
  readonly rewrites = new ModelRewrites();
  private readonly reconciler: Reconciler;
  private isLoaded = false;

  constructor(
    private readonly file: FileDiscovery,
    { fleet, logger, objectives }: LocalParts,
  ) {
    this.objectives = objectives;
    this.reconciler = new Reconciler({ source: 'file', fleet, logger, counts: UNCOUNTED });
  }

  get waitsFor(): string | undefined {
    return this.isLoaded ? undefined : `${this.file.path} is not read yet`;
  }

  async start(): Promise<void> {
    this.reconciler.apply(await this.file.load());
    this.isLoaded = true;
    this.file.start((found) => this.reconciler.apply(found));
  }

  stop(): void {
    this.file.stop();
    this.reconciler.stop();
  }
}

/** Endpoints that the command line names. */
export class StaticEndpoints implements PickerDiscovery {
  readonly objectives: Objectives;
  readonly rewrites = new ModelRewrites();
  private readonly source: StaticSource;
  private readonly reconciler: Reconciler;

  constructor(hosts: readonly StaticHost[], { fleet, logger, objectives }: LocalParts) {
    this.objectives = objectives;
    this.source = new StaticSource({ hosts, logger });
    this.reconciler = new Reconciler({ source: 'flags', fleet, logger, counts: UNCOUNTED });
  }

  get waitsFor(): string | undefined {
    if (this.source.provedAt !== undefined) return undefined;
    return this.source.fault ?? 'the names of the static hosts are not resolved yet';
  }

  start(): Promise<void> {
    this.source.start((found) => this.reconciler.apply(found));
    return Promise.resolve();
  }

  stop(): void {
    this.source.stop();
    this.reconciler.stop();
  }
}
