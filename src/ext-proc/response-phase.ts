import type { GrpcCall } from '../grpc/grpc-call.js';
import { GrpcError, GrpcStatus } from '../grpc/status.js';
import type { PayloadTransform } from '../openai/payload-transform.js';
import type { Exchange } from './decider.js';
import { BodyMode, MessageKind, type ProcessingRequest } from './processing-request.js';
import { continueTrailers, continueWith } from './processing-response.js';
import { sendBody } from './request-body.js';

/** Namespace and key under which the proxy says which endpoint has served: the endpoint picker protocol, "Served endpoint". */
const SERVED = ['envoy.lb', 'x-gateway-destination-endpoint-served'] as const;
const KIND = MessageKind.responseBody;

/** The answer of the server on its way through the proxy. */
export class ResponsePhase {
  private transform: PayloadTransform | undefined;
  private isFlushed = false;
  /** Its last byte has passed, as far as the mode shows bytes. */
  isComplete = false;
  /** Its last byte has passed, seen: where the mode shows no bytes, the stream's end is the answer's. */
  isOver = false;
  /** Its head is there. */
  hasBegun = false;

  /** @param exchange undefined where the stream began with the answer */
  constructor(
    private readonly call: GrpcCall,
    private readonly mode: BodyMode,
    private readonly exchange: Exchange | undefined,
  ) {}

  headers(message: ProcessingRequest): void {
    if (this.hasBegun) throw new GrpcError(GrpcStatus.invalidArgument, 'response_headers twice');
    this.hasBegun = true;
    const served = message.metadata(...SERVED);
    const plan = this.exchange?.answered(
      message.headers(),
      typeof served === 'string' && served !== '' ? served : undefined,
    );
    this.transform = plan?.transform;
    this.isOver = message.endOfStream;
    this.isComplete = this.isOver || !this.showsBody;
    this.call.send(continueWith(MessageKind.responseHeaders, { headers: plan?.headers }));
  }

  body(message: ProcessingRequest): void {
    if (this.isOver) return this.afterEnd();
    const isEnd = message.endOfStream;
    if (isEnd) this.isOver = this.isComplete = true;
    if (this.mode === BodyMode.fullDuplex) return this.echo(message.body, isEnd);
    if (!this.transform) return this.call.send(continueWith(KIND));
    const before = message.body;
    const after = joined([this.transform.push(before), isEnd ? this.flushed() : undefined]);
    this.call.send(continueWith(KIND, after === before ? {} : { body: after }));
  }

  trailers(): void {
    // Full duplex alone may send more before the trailers.
    if (this.mode === BodyMode.fullDuplex && !this.isOver) this.echo(undefined, false);
    this.isOver = this.isComplete = true;
    this.call.send(continueTrailers(MessageKind.responseTrailers));
  }

  /** Some proxies tell the end twice; full duplex has all of it already. */
  private afterEnd(): void {
    if (this.mode !== BodyMode.fullDuplex) this.call.send(continueWith(KIND));
  }

  private get showsBody(): boolean {
    return this.mode !== BodyMode.none;
  }

  /** @param bytes undefined where trailers are what comes now */
  private echo(bytes: Buffer | undefined, isEnd: boolean): void {
    const slices: Buffer[] = [];
    if (bytes) slices.push(this.transform ? this.transform.push(bytes) : bytes);
    const rest = isEnd || !bytes ? this.flushed() : undefined;
    if (rest) slices.push(rest);
    sendBody(KIND, slices, isEnd, (frame, piece) => this.call.send(frame, piece));
  }

  private flushed(): Buffer | undefined {
    if (this.isFlushed) return undefined;
    this.isFlushed = true;
    const rest = this.transform?.end();
    return rest && rest.length > 0 ? rest : undefined;
  }
}

function joined(parts: readonly (Buffer | undefined)[]): Buffer {
  const there = parts.filter((part) => part !== undefined && part.length > 0) as Buffer[];
  return there.length === 1 ? there[0]! : Buffer.concat(there);
}
