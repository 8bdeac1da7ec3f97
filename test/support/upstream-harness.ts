import type { Origin } from '../../src/proxy/origin.js';
import {
  UpstreamService,
  type UpstreamCall,
  type UpstreamRequest,
} from '../../src/proxy/upstream.service.js';
import { AnswerRecorder } from './answer-recorder.js';
import { NetEngine, type NetEngineOptions, type OnHead } from './net-engine.js';

/** A request without a body and without limits. */
export const GET: UpstreamRequest = {
  head: 'GET / HTTP/1.1\r\nHost: e\r\n\r\n',
  body: undefined,
  toHead: false,
  connectTimeout: 0,
  headTimeout: 0,
};

export const originOf = (port: number, addresses = ['127.0.0.1']): Origin => ({
  key: `test ${port}`,
  label: `engine:${port}`,
  addresses,
  port,
});

/** A pool of at most four idle connections, and the engines that a test starts. */
export class UpstreamHarness {
  readonly upstream = new UpstreamService(4);
  private readonly engines: NetEngine[] = [];

  async start(onHead: OnHead, options?: NetEngineOptions): Promise<NetEngine> {
    const engine = await NetEngine.start(onHead, options);
    this.engines.push(engine);
    return engine;
  }

  send(
    engine: NetEngine,
    request: Partial<UpstreamRequest> = {},
  ): { answer: AnswerRecorder; call: UpstreamCall } {
    const answer = new AnswerRecorder();
    const call = this.upstream.request(originOf(engine.port), { ...GET, ...request }, answer);
    return { answer, call };
  }

  /** @returns the answer when it is complete or failed */
  ask(engine: NetEngine, request?: Partial<UpstreamRequest>): Promise<AnswerRecorder> {
    return this.send(engine, request).answer.settled();
  }

  async stop(): Promise<void> {
    this.upstream.onApplicationShutdown();
    for (const engine of this.engines) await engine.stop();
  }
}
