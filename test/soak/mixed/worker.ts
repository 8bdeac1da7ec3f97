import { pause } from '../../bench/wire/clock.js';
import { type Address, type Answer, Client } from '../wire/client.js';
import { prefillAt, requestBytes } from '../wire/messages.js';
import { judge } from './judge.js';
import type { Entry, Ledger } from './ledger.js';
import type { Plan } from './plan.js';

const HUNG_MS = 30_000;
/** Nobody listens there. */
const REFUSING_PORT = 1;
/** A client that waits for an engine's sign to leave does not wait for ever. */
const SIGN_WITHIN_MS = 3000;

/** An answer of which nothing came this long after it began is being held back. */
const BUFFERED_MS = 50;

/** What all workers share. */
export interface MixedSetup {
  readonly ledger: Ledger;
  readonly prefiller: number;
  readonly tandem: boolean;
}

/** One client of the mixed phase. */
export class MixedWorker {
  private readonly client: Client;
  private readonly setup: MixedSetup;

  constructor(address: Address, setup: MixedSetup) {
    this.client = new Client(address);
    this.setup = setup;
  }

  /** Sends one request and judges what comes of it. */
  async run(plan: Plan): Promise<void> {
    const { ledger, tandem } = this.setup;
    const entry = ledger.open(plan);
    const timer = setTimeout(() => {
      ledger.wrong('hung', `${plan.id} (${plan.fault ?? 'no fault'})`);
      this.client.leave();
    }, HUNG_MS);
    const answer = await this.send(entry);
    clearTimeout(timer);
    const verdict = judge(plan, answer, tandem);
    if (verdict)
      ledger.wrong(verdict.wrong, `${plan.id} (${plan.fault ?? 'no fault'}): ${verdict.reason}`);
    ledger.close(entry);
  }

  close(): void {
    this.client.leave();
  }

  private send(entry: Entry): Promise<Answer> {
    const bytes = requestBytes({
      path: pathOf(entry.plan),
      id: entry.plan.id,
      lines: this.routeOf(entry.plan),
      body: entry.body,
      chunked: entry.plan.chunkedRequest,
    });
    switch (entry.plan.fault) {
      case 'client-leaves-uploading':
        return this.leaveUploading(entry, bytes);
      case 'client-leaves-before-answer':
        return this.leaveWaiting(entry, bytes);
      case 'client-leaves-in-answer':
        return this.leaveInAnswer(entry, bytes);
      default:
        return this.client.request(bytes);
    }
  }

  private async leaveUploading(entry: Entry, bytes: Buffer): Promise<Answer> {
    const part = Math.max(200, Math.floor(bytes.length * (0.5 + entry.plan.cutAt / 2)) - 10);
    const answer = this.client.request(bytes.subarray(0, Math.min(part, bytes.length - 1)));
    await pause(entry.plan.cutAt * 10);
    this.leave(entry);
    return answer;
  }

  private async leaveWaiting(entry: Entry, bytes: Buffer): Promise<Answer> {
    const held = new Promise<void>((resolve) => entry.waiting.add(resolve));
    const answer = this.client.request(bytes);
    await Promise.race([held, answer, pause(SIGN_WITHIN_MS)]);
    await pause(entry.plan.cutAt * 5);
    this.leave(entry);
    return answer;
  }

  private async leaveInAnswer(entry: Entry, bytes: Buffer): Promise<Answer> {
    const chunks: Buffer[] = [];
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const onData = (data: Buffer): void => {
      chunks.push(data);
      resolve();
    };
    // What looks for an event's end, or for a whole object, passes nothing on before.
    entry.waiting.add(() => setTimeout(resolve, BUFFERED_MS));
    const answer = this.client.request(bytes, { onData });
    await Promise.race([begun, answer, pause(SIGN_WITHIN_MS)]);
    await pause(entry.plan.cutAt * 5);
    this.leave(entry);
    return { ...(await answer), body: Buffer.concat(chunks) };
  }

  private leave(entry: Entry): void {
    entry.leftAt = performance.now();
    this.client.leave(entry.plan.ending);
  }

  private routeOf({ disaggregated, fault }: Plan): string[] {
    if (!disaggregated) return [];
    const { prefiller } = this.setup;
    return [
      fault === 'prefill-refused' ? prefillAt(REFUSING_PORT, prefiller) : prefillAt(prefiller),
    ];
  }
}

function pathOf({ disaggregated, cutAt }: Plan): string {
  return disaggregated || cutAt < 0.5 ? '/v1/chat/completions' : '/v1/embeddings?soak=%2f';
}
