import { answerHead, chunkOf, jsonAnswer, LAST_CHUNK, prefillAnswer } from '../wire/messages.js';
import { Engine, type EngineCall, type EngineScript } from '../wire/engine.js';
import { answerBody, promptOf, refusalBody } from './bodies.js';
import type { Entry, Ledger } from './ledger.js';

/** A leg that is held for a client that leaves must end within this time. */
const HELD_MS = 5000;
/** Below what real engines allow (uvicorn: 5 s), so that more connections go stale. */
const IDLE = { ms: 1000, ending: 'both' } as const;
/** Long enough that the piece before a reset is read. */
const BEFORE_CUT_MS = 5;

/** A prefiller and a decoder that do to each request what its plan says. */
export class MixedEngines {
  prefiller!: Engine;
  decoder!: Engine;
  private readonly ledger: Ledger;
  private readonly held = new WeakMap<EngineCall, { entry: Entry; timer: NodeJS.Timeout }>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  async listen(): Promise<void> {
    this.prefiller = await Engine.listen(
      this.script((call) => this.prefill(call)),
      IDLE,
    );
    this.decoder = await Engine.listen(
      this.script((call) => this.decode(call)),
      IDLE,
    );
  }

  close(): void {
    this.prefiller.close();
    this.decoder.close();
  }

  private script(onRequest: (call: EngineCall) => void): EngineScript {
    return {
      onRequest,
      onHead: (call) => {
        const entry = this.ledger.get(call.id);
        if (entry?.plan.fault === 'client-leaves-uploading') this.hold(call, entry);
      },
      onGone: (call) => {
        const held = this.held.get(call);
        clearTimeout(held?.timer);
        if (held) this.ledger.sawLeave(held.entry);
      },
    };
  }

  private prefill(call: EngineCall): void {
    const entry = this.ledger.find(call.id, 'prefiller');
    if (!entry) return call.cut('rst');
    const { id, fault, ending } = entry.plan;
    const first = entry.prefills++ === 0;
    this.checkLeg(call, entry, '"max_tokens":1', 'prefill');
    switch (fault) {
      case 'prefill-rst-once':
        if (first) return call.cut('rst');
        break;
      case 'prefill-rst-always':
        return call.cut('rst');
      case 'prefill-cut-once':
        if (!first) break;
        call.write(answerHead(200, 'application/json', 500) + '{"id":');
        return void setTimeout(() => call.cut(ending), BEFORE_CUT_MS);
      case 'prefill-503-once':
        if (first) return call.finish(jsonAnswer(503, refusalBody(id)));
        break;
      case 'prefill-503-always':
        return call.finish(jsonAnswer(503, refusalBody(id)));
      case 'prefill-503-retry-after':
        if (first) return call.finish(jsonAnswer(503, refusalBody(id), ['retry-after: 1']));
        break;
      case 'prefill-400':
        return call.finish(jsonAnswer(400, refusalBody(id)));
      case 'client-leaves-before-answer':
        return this.hold(call, entry);
      default:
    }
    call.finish(prefillAnswer(id));
  }

  private decode(call: EngineCall): void {
    const entry = this.ledger.find(call.id, 'decoder');
    if (!entry) return call.cut('rst');
    const { plan } = entry;
    if (plan.disaggregated)
      this.checkLeg(call, entry, `"remote_engine_id":"kv-${plan.id}"`, 'decode');
    else if (!call.body.equals(entry.body))
      this.ledger.wrong('corrupted', `${plan.id}: passed body is not as sent`);
    if (plan.fault === 'decoder-rst-before-head') return call.cut('rst');
    if (plan.fault === 'client-leaves-before-answer') return this.hold(call, entry);
    if (entry.generated++ > 0) this.ledger.wrong('duplicated', `${plan.id}: generated again`);
    if (plan.fault === 'decoder-503') return call.finish(jsonAnswer(503, refusalBody(plan.id)));
    if (plan.fault === 'decoder-503-retry-after')
      return call.finish(jsonAnswer(503, refusalBody(plan.id), ['retry-after: 1']));
    this.answer(call, entry);
  }

  private answer(call: EngineCall, entry: Entry): void {
    const { plan } = entry;
    const payload = answerBody(plan);
    const type = plan.events ? 'text/event-stream' : 'application/json';
    const head = answerHead(200, type, plan.chunkedAnswer ? undefined : payload.length);
    const frame = (bytes: Buffer): Buffer => (plan.chunkedAnswer ? chunkOf(bytes) : bytes);
    const last = plan.chunkedAnswer ? LAST_CHUNK : Buffer.alloc(0);
    const cut = plan.fault === 'decoder-rst-mid-body' || plan.fault === 'decoder-fin-mid-body';
    if (cut || plan.fault === 'client-leaves-in-answer') {
      const most = payload.length - (plan.chunkedAnswer ? 0 : 1);
      const part = payload.subarray(0, Math.max(1, Math.floor(plan.cutAt * (most + 1))));
      call.write(Buffer.concat([Buffer.from(head), frame(part)]));
      if (!cut) return this.hold(call, entry);
      const ending = plan.fault === 'decoder-rst-mid-body' ? 'rst' : 'fin';
      return void setTimeout(() => call.cut(ending), BEFORE_CUT_MS);
    }
    const middle = Math.max(1, Math.floor(plan.cutAt * payload.length));
    const pieces = [payload.subarray(0, middle), payload.subarray(middle)];
    call.write(Buffer.concat([Buffer.from(head), frame(pieces[0]!)]));
    const rest = pieces[1]!.length === 0 ? last : Buffer.concat([frame(pieces[1]!), last]);
    if (plan.slow) setTimeout(() => call.finish(rest), 100 + plan.cutAt * 200);
    else setImmediate(() => call.finish(rest));
  }

  /** Answers no more: the client is to leave, and that must be seen here. */
  private hold(call: EngineCall, entry: Entry): void {
    for (const go of entry.waiting) go();
    const timer = setTimeout(() => {
      this.ledger.wrong('left unnoticed', `${entry.plan.id} (${entry.plan.fault})`);
      call.cut('rst');
    }, HELD_MS);
    this.held.set(call, { entry, timer });
  }

  private checkLeg(call: EngineCall, entry: Entry, member: string, leg: string): void {
    const { plan } = entry;
    const { body } = call;
    const untouched = [promptOf(plan), '"seed":9007199254740993'];
    const missing = [...untouched, member].find((text) => !body.includes(text));
    if (missing !== undefined) {
      const kind = missing === member || body.includes(plan.id) ? 'corrupted' : 'crossed';
      this.ledger.wrong(kind, `${plan.id}: ${leg} leg lacks ${missing.slice(0, 60)}`);
    }
  }
}
