import { Connection, type ResponseObserver } from './connection.js';
import { type Exchange, openExchange } from './exchange.js';
import { clientRequest, type RequestPlan } from './request.js';
import type { Target } from './target.js';

/**
 * An exchange whose requests name one prefiller after the other; all go to the proxy over one connection.
 *
 * @param prefillers their ports
 * @param first the index of the one to begin with
 */
export function openInTurn(target: Target, prefillers: readonly number[], first: number): Exchange {
  const targets = prefillers.map((prefill) => ({ ...target, prefill }));
  return target.port === undefined
    ? new DirectInTurn(targets, first)
    : new ProxiedInTurn(targets, target.port, first);
}

class ProxiedInTurn implements Exchange {
  private readonly targets: readonly Target[];
  private readonly connection: Connection;
  private requests: Buffer[][] = [];
  private plan: RequestPlan | undefined;
  private next: number;

  constructor(targets: readonly Target[], port: number, first: number) {
    this.targets = targets;
    this.connection = new Connection(port);
    this.next = first;
  }

  send(plan: RequestPlan, observer: ResponseObserver): void {
    if (plan !== this.plan)
      this.requests = this.targets.map((target) => clientRequest(plan, target));
    this.plan = plan;
    this.connection.send(this.requests[this.next++ % this.requests.length] as Buffer[], observer);
  }

  destroy(): void {
    this.connection.destroy();
  }
}

class DirectInTurn implements Exchange {
  private readonly exchanges: readonly Exchange[];
  private next: number;

  constructor(targets: readonly Target[], first: number) {
    this.exchanges = targets.map((target) => openExchange(target));
    this.next = first;
  }

  send(plan: RequestPlan, observer: ResponseObserver): void {
    (this.exchanges[this.next++ % this.exchanges.length] as Exchange).send(plan, observer);
  }

  destroy(): void {
    for (const exchange of this.exchanges) exchange.destroy();
  }
}
