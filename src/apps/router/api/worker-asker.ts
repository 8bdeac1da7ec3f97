import { Injectable } from '@nestjs/common';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { collectAnswer } from '../../../proxy/answer-collector.js';
import type { Exchange } from '../../../proxy/exchange.js';
import { isSuccess } from '../../../proxy/is-success.js';
import { UpstreamService } from '../../../proxy/upstream.service.js';

const TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** A worker's answer to a question of ours, or why there is none. */
export type Asked =
  | { readonly endpoint: Endpoint; readonly status: number; readonly body: string }
  | { readonly endpoint: Endpoint; readonly fault: string };

/** Asks workers on behalf of a request that is answered from here. */
@Injectable()
export class WorkerAsker {
  constructor(private readonly upstream: UpstreamService) {}

  async one(exchange: Exchange, endpoint: Endpoint, method: string, path: string): Promise<Asked> {
    const { origin, spec } = endpoint;
    // A key that clients share with the workers passes; a worker's own takes its place.
    const client = exchange.request.headers.authorization;
    const key = spec.apiKey === undefined ? client : `Bearer ${spec.apiKey}`;
    const head =
      `${method} ${spec.address.path}${path} HTTP/1.1\r\nHost: ${spec.address.authority}\r\nAccept-Encoding: identity\r\n` +
      (key === undefined ? '' : `Authorization: ${key}\r\n`) +
      (method === 'GET' ? '\r\n' : 'Content-Length: 0\r\n\r\n');
    try {
      const answer = await collectAnswer(this.upstream, exchange, {
        origin,
        limit: MAX_ANSWER_BYTES,
        bodyTimeout: TIMEOUT_MS,
        request: {
          head,
          body: undefined,
          toHead: false,
          connectTimeout: TIMEOUT_MS,
          headTimeout: TIMEOUT_MS,
          repeatable: true,
        },
      });
      return { endpoint, status: answer.head.statusCode, body: answer.body.toString() };
    } catch (error) {
      return { endpoint, fault: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Whether a worker did what it was asked for. */
export function isDone(asked: Asked): asked is Extract<Asked, { status: number }> {
  return 'status' in asked && isSuccess({ statusCode: asked.status });
}

/** @returns an empty object for what is none */
export function jsonIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
