import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a client sends, and when what it gets is whole. */
interface Ask {
  readonly body: string;
  readonly isWhole: (answer: string) => boolean;
}

const prompt = (maxTokens: number, stream: boolean): string =>
  JSON.stringify({ model: 'tiny', prompt: 'Who saw it go?', max_tokens: maxTokens, stream });

const SHORT: Ask = { body: prompt(4, false), isWhole: (text) => text.endsWith('}') };
const LONG: Ask = { body: prompt(200, true), isWhole: (text) => text.includes('[DONE]') };

/** Clients with one connection each that they keep, and use again as long as they can: what nobody retries must not fail. */
export class KeptAliveClients {
  /** Requests that were answered whole. */
  good = 0;
  readonly failures: string[] = [];
  private isOver = false;
  private readonly loops: Promise<void>[];

  /** @param port of each new connection @param count of clients; every second one reads long streams */
  constructor(
    private readonly port: () => number,
    count: number,
  ) {
    this.loops = Array.from({ length: count }, (_, at) => this.run(at % 2 ? LONG : SHORT, at));
  }

  /** @returns when all that they have asked for was answered */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.loops);
  }

  private async run(ask: Ask, at: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => connect(this.port(), '127.0.0.1');
    while (!this.isOver) {
      const failure = await this.once(agent, ask).catch((error: unknown) => String(error));
      if (failure === undefined) this.good++;
      else this.failures.push(failure);
      // Some come back at once, some after a while: connections are idle for either.
      await sleep(5 + at * 40);
    }
    agent.destroy();
  }

  /** @returns what is wrong with the answer */
  private once(agent: Agent, { body, isWhole }: Ask): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const asked = request(
        {
          host: '127.0.0.1',
          path: '/v1/completions',
          method: 'POST',
          agent,
          headers,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('error', reject);
          response.on('end', () => {
            const isGood = response.statusCode === 200 && isWhole(text);
            resolve(isGood ? undefined : `${response.statusCode} ${text.slice(-200)}`);
          });
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }
}
