import type { ModelRewrite, RewriteTarget } from '../../../kubernetes/inference-model-rewrite.js';

/** Where requests for a model go instead. */
export interface RewrittenModel {
  /** The model to ask for. */
  readonly target: string;
  /** Of the InferenceModelRewrite that says so. */
  readonly name: string;
}

/** A rule, ready to be drawn from. */
interface Draw {
  readonly models: readonly RewrittenModel[];
  /** One for each model: the sum of its weight and those before. */
  readonly bounds: readonly number[];
}

/**
 * Which model takes the place of one that clients name.
 *
 * A rule that names the model goes before one for all models; then the oldest object counts, then the first rule in it.
 * Weights are proportions; where no target has one they are even, where only some have, the others are never taken.
 */
export class ModelRewrites {
  private byModel = new Map<string, Draw>();
  private forAll: Draw | undefined;
  private readonly found: ReadonlyMap<string, ModelRewrite>[] = [];

  /**
   * @param random called only where there is a choice; from 0 up to, but not including, 1
   * @returns undefined where no rule is for the model
   */
  targetFor(model: string, random: () => number): RewrittenModel | undefined {
    const draw = this.byModel.get(model) ?? this.forAll;
    if (!draw) return undefined;
    const { models, bounds } = draw;
    if (models.length === 1) return models[0];
    const at = random() * bounds.at(-1)!;
    return models[bounds.findIndex((bound) => at < bound)] ?? models.at(-1);
  }

  /** @param found all that a source has now, by name */
  replace(source: number, found: ReadonlyMap<string, ModelRewrite>): void {
    this.found[source] = found;
    const all = this.found.flatMap((rewrites) => [...rewrites.values()]).sort(byAge);
    const byModel = new Map<string, Draw>();
    let forAll: Draw | undefined;
    for (const { name, rules } of all) {
      for (const { models, targets } of rules) {
        const draw = drawOf(name, targets);
        if (models.length === 0) forAll ??= draw;
        for (const model of models) if (!byModel.has(model)) byModel.set(model, draw);
      }
    }
    this.byModel = byModel;
    this.forAll = forAll;
  }
}

function byAge(one: ModelRewrite, other: ModelRewrite): number {
  return (
    one.createdAt - other.createdAt || Number(one.name > other.name) - Number(one.name < other.name)
  );
}

function drawOf(name: string, targets: readonly RewriteTarget[]): Draw {
  const isWeighted = targets.some(({ weight = 0 }) => weight > 0);
  const taken = isWeighted ? targets.filter(({ weight = 0 }) => weight > 0) : targets;
  let sum = 0;
  return {
    models: taken.map(({ model }) => ({ target: model, name })),
    bounds: taken.map(({ weight = 1 }) => (sum += isWeighted ? weight : 1)),
  };
}
