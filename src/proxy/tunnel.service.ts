import { Injectable } from '@nestjs/common';
import { connect, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Duplex } from 'node:stream';
import { connectTls } from '../tls/client-tls.js';
import { ERRORS } from '../errors/error-table.js';
import { Logger } from '../logging/logger.js';
import { errorBody } from '../openai/error-body.js';
import type { Origin } from './origin.js';
import { requestIdOf } from './request-id.js';
import { buildLegHead } from './leg-head.js';
import { readRequestFields } from './request-fields.js';
import { ResponseParser } from './wire/response-parser.js';

const AGREED = Buffer.from('HTTP/1.1 101');
/** Where the status stands in {@link AGREED}. */
const STATUS_AT = 9;
const BAD_GATEWAY = 502;
const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 64 * 1024;
/** No head that holds one can become valid. */
const BARE_LF = /(?:^|[^\r])\n/;
const NONE: ReadonlySet<string> = new Set();

/** How an upgrade went. */
export interface Upgrade {
  /** Of the answer that the client got: 101 for a tunnel; undefined while there is none. */
  status?: number;
}

/** The two ends of a tunnel in the making. */
interface Ends {
  readonly upgrade: Upgrade;
  readonly requestId: string;
  readonly client: Duplex;
  /** What the client sends, held until the engine agrees. */
  readonly fromClient: PassThrough;
  engine: Socket | undefined;
}

/**
 * Joins a client that asked for an upgrade (a WebSocket, mostly) with the engine, byte for byte and
 * both ways, once the engine agrees. When it does not, its answer is the last thing on the
 * connection: what the client sends behind it would be requests that nobody has looked at.
 */
@Injectable()
export class TunnelService {
  constructor(private readonly logger: Logger) {}

  /** @returns how it goes, filled in as it becomes known */
  open(request: IncomingMessage, client: Duplex, early: Buffer, origin: Origin): Upgrade {
    const upgrade: Upgrade = {};
    const requestId = requestIdOf(request);
    const fromClient = new PassThrough();
    const ends: Ends = { upgrade, requestId, client, fromClient, engine: undefined };
    if (early.length > 0) ends.fromClient.write(early);
    // Read from the start, so that it is noticed when the client leaves.
    client.pipe(ends.fromClient);
    client.on('error', () => ends.engine?.destroy());
    client.on('close', () => ends.engine?.destroy());
    this.dial(ends, origin, 0, (engine) => {
      if (!engine) {
        upgrade.status = ERRORS.decoder_not_ready.status;
        endClient(ends, notReady(requestId));
        return;
      }
      engine.on('close', (hadError) => {
        if (hadError) client.destroy();
        else endClient(ends);
      });
      engine.write(upgradeHead(request), 'latin1');
      join(ends, engine, request.method === 'HEAD');
    });
    return upgrade;
  }

  private dial(
    ends: Ends,
    origin: Origin,
    index: number,
    done: (engine: Socket | undefined) => void,
  ): void {
    const address = origin.addresses[index];
    if (address === undefined) return done(undefined);
    const { tls, port } = origin;
    const engine = tls ? connectTls(tls, address, port) : connect({ host: address, port });
    ends.engine = engine;
    const onError = (error: Error): void => {
      this.logger.debug('tunnel: no connection', { target: origin.label, error });
      if (!ends.client.destroyed) this.dial(ends, origin, index + 1, done);
    };
    engine.once('error', onError);
    engine.once(tls ? 'secureConnect' : 'connect', () => {
      engine.off('error', onError);
      engine.on('error', () => undefined);
      engine.setNoDelay(true);
      done(engine);
    });
  }
}

/** Waits for the head of the engine's answer, which tells whether it agrees. */
function join(ends: Ends, engine: Socket, toHead: boolean): void {
  const { upgrade, client, fromClient, requestId } = ends;
  let start: Buffer = Buffer.alloc(0);
  const onData = (bytes: Buffer): void => {
    start = Buffer.concat([start, bytes]);
    if (isHeadToCome(start)) return;
    engine.off('data', onData);
    upgrade.status = Number(start.toString('latin1', STATUS_AT, AGREED.length)) || BAD_GATEWAY;
    client.write(withRequestId(start, requestId));
    engine.pipe(client, { end: false });
    if (start.subarray(0, AGREED.length).equals(AGREED)) fromClient.pipe(engine);
    else endAfterAnswer(engine, start, toHead);
  };
  engine.on('data', onData);
}

function isHeadToCome(start: Buffer): boolean {
  if (start.length > MAX_HEAD_BYTES || start.includes(HEAD_END)) return false;
  return !BARE_LF.test(start.toString('latin1'));
}

/** The same answer with the id of the request in place of the engine's own. */
function withRequestId(answer: Buffer, requestId: string): Buffer {
  const end = answer.indexOf(HEAD_END);
  if (end < 0) return answer;
  const [status, ...lines] = answer.toString('latin1', 0, end).split('\r\n');
  const kept = lines.filter((line) => !/^x-request-id:/i.test(line));
  const head = [status, `X-Request-Id: ${requestId}`, ...kept].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), answer.subarray(end)]);
}

function endAfterAnswer(engine: Socket, start: Buffer, toHead: boolean): void {
  const parser = new ResponseParser();
  parser.expect(toHead);
  const onData = (bytes: Buffer): void => {
    try {
      if (parser.execute(bytes).done) engine.destroy();
    } catch (error) {
      engine.destroy(error as Error);
    }
  };
  engine.on('data', onData);
  onData(start);
}

/** Ends the client's connection and reads on, so that its own end is noticed. */
function endClient({ client, fromClient }: Ends, last?: string): void {
  client.unpipe(fromClient);
  client.resume();
  client.end(last);
}

function notReady(requestId: string): string {
  const { status, type, message, retryAfter } = ERRORS.decoder_not_ready;
  const body = JSON.stringify(errorBody(message, type, status));
  return (
    `HTTP/1.1 ${status} Service Unavailable\r\nX-Request-Id: ${requestId}\r\n` +
    `Retry-After: ${retryAfter}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  );
}

function upgradeHead(request: IncomingMessage): string {
  const facts = { target: request.url!, requestId: requestIdOf(request) };
  return buildLegHead({ request, facts }, readRequestFields(request, NONE), {
    framing: `Connection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n`,
  });
}
