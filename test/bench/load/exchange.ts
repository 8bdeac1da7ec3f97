import { Connection, type ResponseObserver } from './connection.js';
import { clientRequest, decodeRequest, prefillRequest, type RequestPlan } from './request.js';
import type { Target } from './target.js';

/** Sends disaggregated requests, one at a time. */
export interface Exchange {
  send(plan: RequestPlan, observer: ResponseObserver): void;
  destroy(): void;
}

let opened = 0;

/** An exchange through the target's proxy; with both engines, or with one of its workers, when it has none. */
export function openExchange(target: Target): Exchange {
  if (target.port !== undefined) return new ProxiedExchange(target, target.port);
  const { workers } = target;
  if (!workers) return new DirectExchange(target);
  return new ProxiedExchange(target, workers[opened++ % workers.length] as number);
}

class ProxiedExchange implements Exchange {
  private readonly connection: Connection;
  private request: Buffer[] = [];
  private plan: RequestPlan | undefined;

  private readonly target: Target;

  constructor(target: Target, port: number) {
    this.target = target;
    this.connection = new Connection(port);
  }

  send(plan: RequestPlan, observer: ResponseObserver): void {
    if (plan !== this.plan) this.request = clientRequest(plan, this.target);
    this.plan = plan;
    this.connection.send(this.request, observer);
  }

  destroy(): void {
    this.connection.destroy();
  }
}

/** What a client does that knows both engines: prefill, read the hand-over, decode. */
class DirectExchange implements Exchange {
  private readonly target: Target;
  private readonly prefill: Connection;
  private readonly decode: Connection;

  constructor(target: Target) {
    this.target = target;
    this.prefill = new Connection(target.prefill);
    this.decode = new Connection(target.decode);
  }

  send(plan: RequestPlan, observer: ResponseObserver): void {
    let answer = '';
    this.prefill.send(prefillRequest(plan, this.target), {
      data: (buffer, start, end) => {
        answer += buffer.toString('latin1', start, end);
      },
      end: () => {
        const handover = Number(/handover-(\d+)/.exec(answer)?.[1]);
        this.decode.send(decodeRequest(plan, this.target, handover), observer);
      },
      fail: (reason) => observer.fail(reason),
    });
  }

  destroy(): void {
    this.prefill.destroy();
    this.decode.destroy();
  }
}
