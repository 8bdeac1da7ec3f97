import type { Logger } from '../logging/logger.js';
import type { ServerState } from '../scheduling/server-state.js';
import { OLD_ENGINE_LABEL } from './engines.js';
import type { CoreMetricsExtractor } from './core-metrics-extractor.js';
import type { DataSources } from './data-sources.js';
import { METRICS_DATA_SOURCE } from './metrics-data-source.js';
import { MODELS_DATA_SOURCE } from './models-data-source.js';
import { adapters } from './page/lora-labels.js';
import type { LoraNews, PollReport } from './polling/poll-settings.js';
import { pollInThread } from './polling/poll-in-thread.js';
import type { Polls, StartPolls } from './polling/polls.js';
import { ServedModels } from './served-models.js';
import { writeReading } from './server-state-update.js';

/** An endpoint whose server is to be asked. */
export interface MeteredEndpoint {
  readonly id: string;
  /** An address or a name, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** `llm-d.ai/engine-type` among them says what engine it is. */
  readonly labels: Readonly<Record<string, string>>;
  /** Changed in place by each page that is read. */
  readonly state: ServerState;
}

export interface ServerMetricsOptions {
  /** What is asked: `readDataSources` finds it in a configuration. */
  readonly sources: DataSources;
  /** Milliseconds between the polls of a server, unless the source says it: `--refresh-metrics-interval`. Below 50 it is 50. */
  readonly interval: number;
  /** Milliseconds after which what was read counts no more; polls are never made so rare. */
  readonly staleness: number;
  readonly logger: Logger;
  /** The models of an endpoint are others than before. @param models ids */
  readonly modelsChanged: (id: string, models: readonly string[]) => void;
  /** Where polls are made: in a thread of their own, unless told otherwise. */
  readonly start?: StartPolls;
}

/** More often is more work for the servers than it is worth. */
const SHORTEST_INTERVAL_MS = 50;

interface Entry {
  readonly number: number;
  readonly endpoint: MeteredEndpoint;
  /** Of the custom metrics of its engine. */
  readonly attributes: readonly string[];
}

/** Asks model servers for their metrics all the time and keeps what they say in the states of the endpoints. */
export class ServerMetrics {
  /** Pages that lacked something. */
  extractErrors = 0;
  private readonly polls: Polls | undefined;
  private readonly models: ServedModels | undefined;
  private failedPolls = 0;
  private readonly byId = new Map<string, Entry>();
  private readonly byNumber = new Map<number, Entry>();
  private readonly listeners: (() => void)[] = [];
  private added = 0;
  private current: number;

  constructor(private readonly options: ServerMetricsOptions) {
    const { sources, logger, modelsChanged } = options;
    this.current = Math.max(
      sources.metrics?.source.interval ?? options.interval,
      SHORTEST_INTERVAL_MS,
    );
    if (sources.models) {
      this.models = new ServedModels({ ...sources.models, logger, changed: modelsChanged });
    }
    if (sources.metrics) this.polls = this.startPolls(sources.metrics);
  }

  /** An endpoint of the same id is replaced: its labels may be others now. */
  add(endpoint: MeteredEndpoint): void {
    this.remove(endpoint.id);
    const { id, host, port } = endpoint;
    const engine = this.engineOf(endpoint);
    const custom = this.extractor?.engines[engine]!.custom ?? [];
    const attributes = custom.map(({ attribute }) => attribute);
    const entry = { number: ++this.added, endpoint, attributes };
    this.byId.set(id, entry);
    this.byNumber.set(entry.number, entry);
    this.polls?.send({ kind: 'add', target: { id: entry.number, host, port, engine } });
    this.models?.add(endpoint);
  }

  /** Its state stays as it is. */
  remove(id: string): void {
    const entry = this.byId.get(id);
    if (!entry) return;
    this.byId.delete(id);
    this.byNumber.delete(entry.number);
    this.polls?.send({ kind: 'remove', id: entry.number });
    this.models?.remove(id);
  }

  /** Questions that brought no answer that is of use, by the type of the data source. */
  get pollErrors(): ReadonlyMap<string, number> {
    const errors = new Map<string, number>();
    if (this.polls) errors.set(METRICS_DATA_SOURCE, this.failedPolls);
    if (this.models) errors.set(MODELS_DATA_SOURCE, this.models.errors);
    return errors;
  }

  /** Milliseconds between two polls of a server: more than what was asked for where that would be too much work. */
  get interval(): number {
    return this.current;
  }

  /** @param callback called after states have changed, at most some hundred times a second */
  onRead(callback: () => void): void {
    this.listeners.push(callback);
  }

  /** @returns when no poll runs any more */
  async close(): Promise<void> {
    this.byId.clear();
    this.byNumber.clear();
    this.models?.close();
    await this.polls?.close();
  }

  private get extractor(): CoreMetricsExtractor | undefined {
    return this.options.sources.metrics?.extractor;
  }

  private startPolls({ source, extractor }: Required<DataSources>['metrics']): Polls {
    const { staleness, logger, start = pollInThread } = this.options;
    const { path, tls, selectNames } = source;
    const interval = this.current;
    const longestInterval = Math.max(interval, staleness / 4);
    const { engines } = extractor;
    return start(
      { path, tls, selectNames, interval, longestInterval, engines },
      (report) => this.learn(report),
      (reason) => logger.error('polls of model servers broke off, they begin anew', { reason }),
    );
  }

  /** @returns index of the engine that its labels name, or of the default one */
  private engineOf({ id, labels }: MeteredEndpoint): number {
    const { extractor } = this;
    if (!extractor) return 0;
    const { engines, engineLabelKey, defaultEngine } = extractor;
    const named = labels[engineLabelKey] ?? labels[OLD_ENGINE_LABEL];
    const index = engines.findIndex(({ name }) => name === (named ?? defaultEngine));
    if (index >= 0) return index;
    this.options.logger.warn('engine of a model server is unknown, it is read as the default one', {
      ...{ endpoint: id, label: engineLabelKey, engine: named, default: defaultEngine },
      known: engines.map(({ name }) => name),
    });
    return engines.findIndex(({ name }) => name === defaultEngine);
  }

  private learn(report: PollReport): void {
    const { readings, stride } = report;
    this.current = report.interval;
    for (let from = 0; from < readings.length; from += stride) {
      const entry = this.byNumber.get(readings[from]!);
      if (entry) writeReading(entry.endpoint.state, readings, from, entry.attributes);
    }
    for (const news of report.lora) this.learnLora(news);
    for (const { id, reason } of report.health) this.tellHealth(id, reason);
    this.failedPolls += report.pollErrors;
    this.extractErrors += report.extractErrors;
    if (readings.length > 0) for (const listener of this.listeners) listener();
  }

  private learnLora({ id, running, waiting, max }: LoraNews): void {
    const entry = this.byNumber.get(id);
    if (!entry) return;
    const { state } = entry.endpoint;
    state.lora = { running: adapters(running), waiting: adapters(waiting), max };
  }

  private tellHealth(number: number, reason: string | undefined): void {
    const entry = this.byNumber.get(number);
    if (!entry) return;
    const { logger } = this.options;
    const { id: endpoint } = entry.endpoint;
    if (reason === undefined) logger.info('metrics of a model server are read', { endpoint });
    else logger.warn('metrics of a model server cannot be read', { endpoint, reason });
  }
}
