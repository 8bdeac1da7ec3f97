import type { PrefillTarget } from '../connector.js';
import { PrefillerEngines, type EngineTimes, type KnownEngines } from './prefiller-engines.js';

/** Clients name the prefillers: what is kept for them is bounded. */
const MAX_KEPT = 1024;

/** The engines of all prefillers that are in use, each asked for itself. */
export class EngineIds {
  /** Used last: last. */
  private readonly prefillers = new Map<string, PrefillerEngines>();

  /** @param port of the bootstrap servers of prefillers that have none of their own */
  constructor(
    private readonly port: number,
    private readonly times?: EngineTimes,
    private readonly maxKept = MAX_KEPT,
  ) {}

  /** @returns what is known, else what is answered @throws ProxyError when there is no answer */
  of(target: PrefillTarget): KnownEngines | Promise<KnownEngines> {
    const { host, addresses, bootstrapPort: port = this.port } = target;
    // One bootstrap server tells of all engines of its host, whatever their ports.
    const key = addresses ? `${host} ${port} at ${addresses.join()}` : `${host} ${port}`;
    let prefiller = this.prefillers.get(key);
    if (prefiller) this.prefillers.delete(key);
    else prefiller = this.make(target, port);
    this.prefillers.set(key, prefiller);
    return prefiller.current();
  }

  close(): void {
    for (const prefiller of this.prefillers.values()) prefiller.close();
    this.prefillers.clear();
  }

  private make(target: PrefillTarget, port: number): PrefillerEngines {
    if (this.prefillers.size >= this.maxKept) {
      const [oldest, prefiller] = this.prefillers.entries().next().value!;
      prefiller.close();
      this.prefillers.delete(oldest);
    }
    return new PrefillerEngines(target, port, this.times);
  }
}
