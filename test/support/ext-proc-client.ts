import type { ConnectionOptions } from 'node:tls';
import {
  readResponse,
  writeRequest,
  type ProcessingRequest,
  type ProcessingResponse,
} from './ext-proc-messages.js';
import { GrpcConnection, type GrpcCall, type GrpcStatus } from './grpc-client.js';
import { readFields } from './protobuf-reader.js';
import { field } from './protobuf-writer.js';

const SERVICE = 'envoy.service.ext_proc.v3.ExternalProcessor';
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/**
 * Envoy played by hand: speaks ext_proc with messages that are encoded here, not by what is tested.
 * `playRequest` and `playAnswer` play whole requests with it.
 */
export class ExtProcClient {
  private constructor(private readonly connection: GrpcConnection) {}

  /** @param tls speaks TLS with these options; `{ rejectUnauthorized: false }` for a self-signed certificate */
  static async connect(
    port: number,
    tls?: ConnectionOptions,
    host?: string,
  ): Promise<ExtProcClient> {
    return new ExtProcClient(await GrpcConnection.connect(port, tls, host));
  }

  /** @returns a stream of its own for one HTTP request */
  stream(): ExtProcStream {
    return new ExtProcStream(this.connection.open(`/${SERVICE}/Process`));
  }

  /** `grpc.health.v1.Health/Check`. @returns the serving status, or the gRPC status code where it is not 0 */
  async health(service = ''): Promise<string | number> {
    const { status, answer } = await this.connection.unary(
      '/grpc.health.v1.Health/Check',
      field(1, service === '' ? undefined : service),
    );
    if (status.code !== 0 || answer === undefined) return status.code;
    return SERVING_STATUS[Number(readFields(answer).get(1)?.[0] ?? 0)]!;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

/** The stream of one HTTP request. */
export class ExtProcStream {
  constructor(private readonly call: GrpcCall) {}

  send(request: ProcessingRequest): void {
    this.call.send(writeRequest(request));
  }

  /** @returns the next answer; fails when the stream ends without one */
  async next(within?: number): Promise<ProcessingResponse> {
    const response = await this.nextOrEnd(within);
    if (response) return response;
    const { code, message } = this.call.status!;
    throw new Error(`the stream ended with status ${code} ${message}`);
  }

  /** @returns the next answer; undefined when the stream ended */
  async nextOrEnd(within?: number): Promise<ProcessingResponse | undefined> {
    const wire = await this.call.next(within);
    return wire && readResponse(wire);
  }

  /** Answers so far, also those that `next` gave. */
  get received(): ProcessingResponse[] {
    return this.call.received.map(readResponse);
  }

  /** As when the request is over, or Envoy needs no more. */
  halfClose(): void {
    this.call.halfClose();
  }

  /** As when the client goes away. */
  cancel(): void {
    this.call.cancel();
  }

  /** @returns the gRPC status */
  async ended(within?: number): Promise<GrpcStatus> {
    return this.call.ended(within);
  }
}
