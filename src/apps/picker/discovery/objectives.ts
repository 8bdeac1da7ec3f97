/** Which priority requests of an objective have. */
export class Objectives {
  private byName: ReadonlyMap<string, number>;
  private readonly found: ReadonlyMap<string, number>[] = [];

  /** @param given on the command line; an InferenceObjective of the same name goes before */
  constructor(private readonly given: ReadonlyMap<string, number> = new Map()) {
    this.byName = given;
  }

  /** @returns larger is served first; 0 where there is no such objective, or none is named */
  priorityOf(name: string | undefined): number {
    return name === undefined ? 0 : (this.byName.get(name) ?? 0);
  }

  /** @param source a smaller one goes before @param objectives all that it has now */
  replace(source: number, objectives: ReadonlyMap<string, number>): void {
    this.found[source] = objectives;
    const all = new Map(this.given);
    for (const found of this.found.toReversed()) {
      for (const [name, priority] of found ?? []) all.set(name, priority);
    }
    this.byName = all;
  }
}
