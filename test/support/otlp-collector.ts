import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { bytes, messages, readFields, type Fields } from './protobuf-reader.js';

const GRPC_FRAME_HEAD = 5;

/** A span as it arrived; ids in hexadecimal, '' where there is none. */
export interface CollectedSpan {
  readonly service: unknown;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  /** 2 server, 3 client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly statusMessage: string;
}

/** An OpenTelemetry collector that remembers what it is sent, by HTTP/protobuf or gRPC. */
export class OtlpCollector {
  readonly spans: CollectedSpan[] = [];
  readonly paths: (string | undefined)[] = [];
  private server: Server | Http2Server | undefined;

  /** @returns its URL, without a path */
  async listenHttp(): Promise<string> {
    const server = createServer((request, response) => {
      this.paths.push(request.url);
      void buffer(request).then((body) => {
        this.take(body);
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    return this.listen(server);
  }

  /** @returns its URL: gRPC over HTTP/2 without TLS */
  async listenGrpc(): Promise<string> {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      this.paths.push(headers[':path']);
      void buffer(stream).then((body) => {
        this.take(body.subarray(GRPC_FRAME_HEAD));
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.alloc(GRPC_FRAME_HEAD));
      });
    });
    return this.listen(server);
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  private async listen(server: Server | Http2Server): Promise<string> {
    this.server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Reads an ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1). */
  private take(body: Buffer): void {
    for (const resourceSpans of messages(readFields(body), 1)) {
      const resource = messages(resourceSpans, 1).map((fields) => attributesIn(fields, 1))[0];
      for (const scopeSpans of messages(resourceSpans, 2)) {
        const spans = messages(scopeSpans, 2);
        this.spans.push(...spans.map((span) => collected(span, resource?.['service.name'])));
      }
    }
  }
}

function collected(span: Fields, service: unknown): CollectedSpan {
  const status = messages(span, 15)[0] ?? new Map();
  return {
    service,
    name: bytes(span, 5).toString(),
    traceId: bytes(span, 1).toString('hex'),
    spanId: bytes(span, 2).toString('hex'),
    parentSpanId: bytes(span, 4).toString('hex'),
    traceState: bytes(span, 3).toString(),
    kind: Number(span.get(6)?.[0] ?? 0),
    attributes: attributesIn(span, 9),
    statusCode: Number(status.get(3)?.[0] ?? 0),
    statusMessage: bytes(status, 2).toString(),
  };
}

/** KeyValue: key 1, value 2; AnyValue: string 1, bool 2, int 3. */
function attributesIn(fields: Fields, number: number): Record<string, unknown> {
  const entries = messages(fields, number).map((pair) => {
    const value = messages(pair, 2)[0] ?? new Map();
    const text = value.get(1)?.[0] as Buffer | undefined;
    const flag = value.get(2)?.[0];
    const any = text?.toString() ?? (flag === undefined ? Number(value.get(3)?.[0]) : flag === 1n);
    return [bytes(pair, 1).toString(), any] as const;
  });
  return Object.fromEntries(entries);
}
