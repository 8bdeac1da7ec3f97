import { parseTarget } from '../../endpoint/target.js';
import type { Endpoint } from '../../fleet/endpoint.js';
import type { Fleet } from '../../fleet/fleet.js';
import { PickerEndpoint } from './endpoint.js';

/** What becomes of endpoints. */
export interface EndpointsListener {
  /** It gets requests from now on: it is new, or is back after it {@link left}, the same object as before. */
  added?(endpoint: PickerEndpoint): void;
  /** It gets no requests any more; those that it has go on. */
  left?(endpoint: PickerEndpoint): void;
  /** It left for good: should its address come again, that is another server. Requests may still be in flight there. */
  removed?(endpoint: PickerEndpoint): void;
}

/**
 * The endpoints that may get requests.
 *
 * Requests in flight are counted here and not in the fleet: a server that leaves makes room at once for another one at
 * its address, however long its streams go on.
 */
export class PickerEndpoints {
  private readonly byId = new Map<string, PickerEndpoint>();
  /** Also those that have left and may come back. */
  private readonly known = new Map<Endpoint, PickerEndpoint>();
  private readonly listeners: EndpointsListener[] = [];
  /** Those of {@link byId} in the order of their registration. */
  private readonly inOrder: PickerEndpoint[] = [];
  /** A copy of it that is not changed any more. */
  private list: readonly PickerEndpoint[] | undefined;
  private lastOrder = 0;

  constructor(private readonly fleet: Fleet) {
    fleet.listen({
      added: (endpoint) => this.come(endpoint),
      removed: (endpoint) => this.leave(endpoint),
      forgotten: (endpoint) => this.forget(endpoint),
      updated: () => (this.list = undefined),
    });
    for (const endpoint of fleet.all) this.come(endpoint);
  }

  /** In the order of their registration. Another array when the set, or what is said of a member, has changed. */
  get all(): readonly PickerEndpoint[] {
    this.list ??= this.inOrder.slice();
    return this.list;
  }

  get size(): number {
    return this.byId.size;
  }

  /** @param id `ip:port`, an IPv6 address in brackets */
  find(id: string): PickerEndpoint | undefined {
    return this.byId.get(id) ?? this.byId.get(parseTarget(id)?.label ?? '');
  }

  /**
   * @param ids `ip:port`, in any order and spelling; what is none of ours does not count
   * @returns those that may get requests, in the order of their registration
   */
  bySubset(ids: Iterable<string>): readonly PickerEndpoint[] {
    const found: PickerEndpoint[] = [];
    let last = -1;
    let isSorted = true;
    for (const id of ids) {
      const endpoint = this.find(id);
      if (!endpoint) continue;
      isSorted &&= endpoint.order > last;
      last = endpoint.order;
      found.push(endpoint);
    }
    if (isSorted) return found;
    found.sort(byOrder);
    return found.filter((endpoint, at) => endpoint !== found[at - 1]);
  }

  /** It tells itself which models it serves: heeded where nobody else has said it. */
  serves(id: string, models: readonly string[]): void {
    const ours = this.byId.get(id);
    if (ours) this.fleet.discovered(ours.endpoint, models);
  }

  /** The callbacks come in the turn of the change; endpoints that are there already are told as added first. */
  listen(listener: EndpointsListener): void {
    this.listeners.push(listener);
    for (const endpoint of this.all) listener.added?.(endpoint);
  }

  private come(endpoint: Endpoint): void {
    const ours = this.known.get(endpoint) ?? new PickerEndpoint(endpoint, ++this.lastOrder);
    this.known.set(endpoint, ours);
    this.byId.set(ours.id, ours);
    this.inOrder.splice(this.placeOf(ours), 0, ours);
    this.list = undefined;
    for (const listener of this.listeners) listener.added?.(ours);
  }

  private leave(endpoint: Endpoint): void {
    const ours = this.known.get(endpoint);
    if (!ours || !this.byId.delete(ours.id)) return;
    this.inOrder.splice(this.placeOf(ours), 1);
    this.list = undefined;
    for (const listener of this.listeners) listener.left?.(ours);
  }

  /** @returns where it is, or would have to be */
  private placeOf({ order }: PickerEndpoint): number {
    let [low, high] = [0, this.inOrder.length];
    // Mostly it is the newest one.
    if (high > 0 && this.inOrder[high - 1]!.order < order) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.inOrder[middle]!.order < order) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private forget(endpoint: Endpoint): void {
    const ours = this.known.get(endpoint);
    if (!ours) return;
    this.known.delete(endpoint);
    for (const listener of this.listeners) listener.removed?.(ours);
  }
}

function byOrder(one: PickerEndpoint, other: PickerEndpoint): number {
  return one.order - other.order;
}
