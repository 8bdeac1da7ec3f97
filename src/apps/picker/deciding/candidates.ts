import type { PickerEndpoint } from '../endpoint.js';
import type { PickerEndpoints } from '../endpoints.js';

type List = readonly PickerEndpoint[];

/** The endpoints of each model: worked out once for each set of endpoints. */
export class Candidates {
  private of: List | undefined;
  private readonly byModel = new Map<string, List>();

  /** @param endpoints all that there are @param heedsSubset the proxy's hint counts */
  constructor(
    private readonly endpoints: PickerEndpoints,
    private readonly heedsSubset: boolean,
  ) {}

  /** @param subset the endpoints that the proxy allows; undefined where it allows all */
  all(subset: readonly string[] | undefined): List {
    if (subset === undefined || !this.heedsSubset) return this.endpoints.all;
    return this.endpoints.bySubset(subset);
  }

  /** @param model '' for any */
  serving(model: string, subset: readonly string[] | undefined): List {
    if (subset !== undefined && this.heedsSubset) return this.all(subset).filter(servesIt(model));
    const { all } = this.endpoints;
    if (model === '') return all;
    if (this.of !== all) {
      this.of = all;
      this.byModel.clear();
    }
    const known = this.byModel.get(model);
    if (known) return known;
    const serving = all.filter(servesIt(model));
    // Clients may name what they like.
    if (serving.length > 0) this.byModel.set(model, serving);
    return serving;
  }

  /** Some endpoint serves it. */
  isServed(model: string): boolean {
    return model === '' || this.serving(model, undefined).length > 0;
  }
}

function servesIt(model: string): (endpoint: PickerEndpoint) => boolean {
  return ({ models }) => model === '' || models.length === 0 || models.includes(model);
}
