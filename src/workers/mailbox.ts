/** Where envelopes go out and come in; one for each end of a channel between two processes. */
export interface Port {
  /** Loses the envelope when the other process is gone. */
  post(envelope: Envelope): void;
  receive(listener: (envelope: Envelope) => void): void;
}

/** What may be sent one way: things that are told, by name, and questions with their answers. JSON only. */
export interface Mail {
  readonly told: object;
  readonly asked: object;
}

type Question<A> = A extends { question: infer Q } ? Q : never;
type Answer<A> = A extends { answer: infer R } ? R : never;

/** One message as it goes over the channel. */
export type Envelope =
  | { readonly kind: 'tell'; readonly name: string; readonly body: unknown }
  | { readonly kind: 'ask'; readonly name: string; readonly id: number; readonly body: unknown }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly body: unknown };

/** The other process ended before it answered. */
export class ChannelClosedError extends Error {
  override readonly name = 'ChannelClosedError';
}

interface Waiting {
  resolve(body: unknown): void;
  reject(error: Error): void;
}

type Asked = (body: unknown, answer: (body: unknown) => void) => void;

/**
 * One end of a typed channel. What is told and asked arrives in the order in which it was sent; what arrives
 * before there is a handler for its name waits for it.
 */
export class Mailbox<Out extends Mail, In extends Mail> {
  private readonly tellHandlers = new Map<string, (body: unknown) => void>();
  private readonly askHandlers = new Map<string, Asked>();
  private readonly waiting = new Map<number, Waiting>();
  private early: Extract<Envelope, { name: string }>[] = [];
  private lastId = 0;
  private closed = false;

  constructor(private readonly port: Port) {
    port.receive((envelope) => this.deliver(envelope));
  }

  tell<K extends keyof Out['told'] & string>(name: K, body: Out['told'][K]): void {
    if (!this.closed) this.port.post({ kind: 'tell', name, body });
  }

  /** @throws ChannelClosedError when the other process ends before it answers */
  ask<K extends keyof Out['asked'] & string>(
    name: K,
    body: Question<Out['asked'][K]>,
  ): Promise<Answer<Out['asked'][K]>> {
    return this.answerTo((id) => ({ kind: 'ask', name, id, body }));
  }

  /**
   * Asks whether the other process takes its mail; its mailbox answers by itself.
   *
   * @throws ChannelClosedError when the other process ends before it answers
   */
  async ping(): Promise<void> {
    await this.answerTo((id) => ({ kind: 'ping', id }));
  }

  onTold<K extends keyof In['told'] & string>(
    name: K,
    handler: (body: In['told'][K]) => void,
  ): void {
    this.tellHandlers.set(name, handler as (body: unknown) => void);
    this.deliverEarly(name);
  }

  /** @param handler calls `answer` once: at once, so that nothing is told in between, or later */
  onAsked<K extends keyof In['asked'] & string>(
    name: K,
    handler: (
      question: Question<In['asked'][K]>,
      answer: (body: Answer<In['asked'][K]>) => void,
    ) => void,
  ): void {
    this.askHandlers.set(name, handler as Asked);
    this.deliverEarly(name);
  }

  /** The other process is gone: what was asked of it fails, what is sent is lost. */
  close(): void {
    this.closed = true;
    for (const { reject } of this.waiting.values()) {
      reject(new ChannelClosedError('the other process ended'));
    }
    this.waiting.clear();
    this.early = [];
  }

  private answerTo<A>(question: (id: number) => Envelope): Promise<A> {
    if (this.closed) return Promise.reject(new ChannelClosedError('nobody is there'));
    const id = ++this.lastId;
    return new Promise<A>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.port.post(question(id));
    });
  }

  private deliver(envelope: Envelope): void {
    if (this.closed) return;
    if (envelope.kind === 'ping') return this.answer(envelope.id, null);
    if (envelope.kind === 'answer') {
      this.waiting.get(envelope.id)?.resolve(envelope.body);
      this.waiting.delete(envelope.id);
      return;
    }
    const { name, body } = envelope;
    if (envelope.kind === 'tell') {
      const handle = this.tellHandlers.get(name);
      if (handle) handle(body);
      else this.early.push(envelope);
      return;
    }
    const { id } = envelope;
    const handle = this.askHandlers.get(name);
    if (!handle) this.early.push(envelope);
    else handle(body, (answer) => this.answer(id, answer));
  }

  private answer(id: number, body: unknown): void {
    if (!this.closed) this.port.post({ kind: 'answer', id, body });
  }

  private deliverEarly(name: string): void {
    const now = this.early.filter((envelope) => envelope.name === name);
    if (now.length === 0) return;
    this.early = this.early.filter((envelope) => envelope.name !== name);
    for (const envelope of now) this.deliver(envelope);
  }
}
