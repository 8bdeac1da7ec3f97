import type { FlowRequest } from '../../src/flow-control/admission.js';

interface Waiting {
  readonly request: FlowRequest;
  readonly since: number;
  readonly order: number;
}

/** How the model is to serve. */
export interface ModelRules {
  readonly rank: (request: FlowRequest, since: number) => number;
  readonly turns: boolean;
  /** By priority, the highest first. */
  readonly ceilings: ReadonlyMap<number, number>;
  readonly perServer: number;
  readonly ttl: number;
  readonly most: number;
}

/** Flow control as simply as it can be said: one list, looked through from end to end. */
export class FlowModel {
  readonly log: string[] = [];
  servers = 1;
  running = 0;
  private waiting: Waiting[] = [];
  private order = 0;
  private since = 0;
  /** Flows of each priority, whose turn it is first. */
  private readonly turns = new Map<number, string[]>();

  constructor(private readonly rules: ModelRules) {}

  get queued(): number {
    return this.waiting.length;
  }

  arrive(request: FlowRequest, now: number): void {
    const band = this.waiting.filter((one) => one.request.priority === request.priority);
    if (band.length >= this.rules.most) {
      this.log.push(`${request.id} full`);
      return;
    }
    const turns = this.turns.get(request.priority) ?? [];
    this.turns.set(request.priority, turns);
    if (!turns.includes(request.fairnessId)) turns.push(request.fairnessId);
    this.waiting.push({ request, since: now, order: this.order++ });
    this.serve();
  }

  leave(request: FlowRequest): void {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter((one) => one.request !== request);
    if (this.waiting.length < before) this.log.push(`${request.id} left`);
    this.forgetFlow(request);
    this.serve();
  }

  resize(servers: number, now: number): void {
    if ((servers === 0) !== (this.servers === 0)) this.since = now;
    this.servers = servers;
    this.serve();
  }

  expire(now: number): void {
    const { ttl } = this.rules;
    const late = this.waiting.filter((one) => now - Math.max(one.since, this.since) >= ttl);
    late.sort((a, b) => b.request.priority - a.request.priority || a.order - b.order);
    for (const { request } of late) {
      this.waiting = this.waiting.filter((one) => one.request !== request);
      this.log.push(`${request.id} expired`);
      this.forgetFlow(request);
    }
  }

  serve(): void {
    for (let best = this.best(); best; best = this.best()) {
      const { request } = best;
      const saturation = this.running / (this.servers * this.rules.perServer);
      if (this.servers === 0 || saturation >= this.rules.ceilings.get(request.priority)!) return;
      this.waiting = this.waiting.filter((one) => one.request !== request);
      this.running++;
      this.log.push(`${request.id} on`);
      const turns = this.turns.get(request.priority)!;
      turns.push(...turns.splice(turns.indexOf(request.fairnessId), 1));
      this.forgetFlow(request);
    }
  }

  private best(): Waiting | undefined {
    const highest = Math.max(...this.waiting.map(({ request }) => request.priority));
    const band = this.waiting.filter(({ request }) => request.priority === highest);
    const [turn] = this.turns.get(highest) ?? [];
    const rank = ({ request, since }: Waiting): number => this.rules.rank(request, since);
    return band
      .filter(({ request }) => !this.rules.turns || request.fairnessId === turn)
      .sort((a, b) => (rank(a) === rank(b) ? a.order - b.order : rank(a) - rank(b)))[0];
  }

  private forgetFlow({ priority, fairnessId }: FlowRequest): void {
    const isThere = this.waiting.some(
      ({ request }) => request.priority === priority && request.fairnessId === fairnessId,
    );
    if (isThere) return;
    this.turns.set(
      priority,
      (this.turns.get(priority) ?? []).filter((id) => id !== fairnessId),
    );
  }
}
