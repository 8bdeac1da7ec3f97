import { Agent, request } from 'node:http';
import { GenerationError } from '../engine/engine-error.js';
import type { BlockContent } from './held-blocks.js';
import type { PullTarget } from './transfer-params.js';

/** vLLM gives the handshake with a prefiller five seconds. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

/** Pulls KV from other simulators. */
export class SideChannelClient {
  private readonly agent = new Agent({ keepAlive: true });

  /**
   * @throws GenerationError when nobody listens there or another engine does
   * @throws the signal's reason when the request is aborted
   */
  async pull(target: PullTarget, signal: AbortSignal): Promise<BlockContent> {
    const { engineId, requestId, blockIds, host, port } = target;
    const where = `${host}:${port}`;
    const query = JSON.stringify({ engineId, requestId, blockIds });
    const timeout = AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS);
    try {
      const { status, text } = await this.post(
        host,
        port,
        query,
        AbortSignal.any([signal, timeout]),
      );
      if (status === 200) return JSON.parse(text) as BlockContent;
      throw new GenerationError(`the engine at ${where} is not ${engineId}`);
    } catch (error) {
      if (signal.aborted || error instanceof GenerationError) throw error;
      throw new GenerationError(`no KV hand-over from ${where}: ${String(error)}`);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private post(
    host: string,
    port: number,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(body) };
      const options = {
        host,
        port,
        method: 'POST',
        path: '/pull',
        agent: this.agent,
        headers,
        signal,
      };
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
