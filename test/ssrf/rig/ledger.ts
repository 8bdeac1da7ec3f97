/** A request as an engine got it. */
export interface Arrival {
  /** `host:port` of the engine. */
  readonly at: string;
  readonly url: string;
  /** Name, value, name, value … as received. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** What all engines of the rig saw, by request id. */
export class Ledger {
  /** Connections that nobody may make: `host:port` of each. */
  readonly canary: string[] = [];
  /** Connections to prefillers since {@link clear}: `host:port` of each. */
  readonly connections: string[] = [];
  private readonly prefills = new Map<string, Arrival[]>();
  private readonly decodes = new Map<string, Arrival[]>();

  prefill(id: string, arrival: Arrival): void {
    add(this.prefills, id, arrival);
  }

  decode(id: string, arrival: Arrival): void {
    add(this.decodes, id, arrival);
  }

  /** What a request led to; it is forgotten here. */
  take(id: string): { prefills: readonly Arrival[]; decodes: readonly Arrival[] } {
    const prefills = this.prefills.get(id) ?? [];
    const decodes = this.decodes.get(id) ?? [];
    this.prefills.delete(id);
    this.decodes.delete(id);
    return { prefills, decodes };
  }

  /** Forgets everything but what the canary saw. */
  clear(): void {
    this.connections.length = 0;
    this.prefills.clear();
    this.decodes.clear();
  }
}

function add(map: Map<string, Arrival[]>, id: string, arrival: Arrival): void {
  const known = map.get(id);
  if (known) known.push(arrival);
  else map.set(id, [arrival]);
}
