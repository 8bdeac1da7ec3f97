import type { Logger } from '../logging/logger.js';
import type { ModelsDataExtractor } from './models-data-extractor.js';
import type { ModelsDataSource } from './models-data-source.js';
import { KeptConnection } from './polling/kept-connection.js';
import { ModelPoll } from './polling/model-poll.js';
import { getRequest } from './polling/page-request.js';
import { ServerOrigins } from './polling/server-origins.js';

/** An endpoint whose server is to be asked for its models. */
export interface ModelServer {
  readonly id: string;
  /** An address or a name, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface ServedModelsOptions {
  readonly source: ModelsDataSource;
  readonly extractor: ModelsDataExtractor;
  readonly logger: Logger;
  /** They are others than before. @param models ids */
  readonly changed: (id: string, models: readonly string[]) => void;
}

const DEADLINE_MS = 1000;
const TICK_MS = 100;
/** Questions that begin in one tick at most. */
const MOST_A_TICK = 32;

/** Asks model servers which models they serve, from when they come until they leave. */
export class ServedModels {
  /** Questions that were not answered, or not well. */
  errors = 0;
  private readonly polls = new Map<string, ModelPoll>();
  private readonly origins: ServerOrigins;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: ServedModelsOptions) {
    this.origins = new ServerOrigins(options.source.tls);
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** One of the same id is replaced. */
  add({ id, host, port }: ModelServer): void {
    this.remove(id);
    const { source, extractor, logger, changed } = this.options;
    let known: string | undefined;
    const poll = new ModelPoll({
      connection: new KeptConnection(this.origins.origin(host, port)),
      head: getRequest(host, port, source.path, 'application/json'),
      interval: source.interval,
      learn: (answer) => {
        const models = extractor.models(answer);
        if (!models) return false;
        const told = JSON.stringify(models);
        if (told !== known) changed(id, models);
        known = told;
        return true;
      },
      judge: (reason) => {
        if (reason === undefined) logger.info('model server tells its models', { endpoint: id });
        else logger.warn('model server does not tell its models', { endpoint: id, reason });
      },
      failed: () => this.errors++,
    });
    this.polls.set(id, poll);
  }

  remove(id: string): void {
    this.polls.get(id)?.stop();
    this.polls.delete(id);
  }

  close(): void {
    clearInterval(this.timer);
    for (const id of [...this.polls.keys()]) this.remove(id);
  }

  private tick(): void {
    const now = performance.now();
    let begun = 0;
    for (const poll of this.polls.values()) {
      if (poll.busy) {
        if (now - poll.startedAt >= DEADLINE_MS) poll.expire(DEADLINE_MS);
      } else if (poll.due <= now && begun < MOST_A_TICK) {
        begun++;
        poll.start(now);
      }
    }
  }
}
