import type { Engine } from '../engine.js';
import { EnginePage } from '../page/engine-page.js';
import type { LoraLabels } from '../page/lora-labels.js';
import type { KeptConnection, PageReceiver } from './kept-connection.js';
import { PageSelection } from './page-selection.js';
import type { ReportBuilder } from './report-builder.js';

/** Servers that do not answer are asked less often, but not less often than this. */
const LONGEST_PAUSE_MS = 1000;

export interface ServerPollOptions {
  readonly id: number;
  readonly engine: Engine;
  readonly connection: KeptConnection;
  /** Heads of the request for the whole page, and for what is read of it. */
  readonly wholeHead: string;
  readonly namedHead: string;
  readonly selectNames: boolean;
  readonly report: ReportBuilder;
  /** A poll has ended: the report has news. */
  readonly settled: () => void;
}

/** The polls of one server, one at a time. */
export class ServerPoll implements PageReceiver {
  /** `performance.now()` when the poll under way began. */
  startedAt = 0;
  /** `performance.now()` before which there is no sense in another poll. */
  notBefore = 0;
  private readonly page: EnginePage;
  private readonly selection: PageSelection;
  private size = 0;
  private failures = 0;
  private reason: string | undefined;
  private lora: LoraLabels | undefined;

  constructor(private readonly options: ServerPollOptions) {
    this.page = new EnginePage(options.engine);
    this.selection = new PageSelection(options.selectNames);
  }

  get busy(): boolean {
    return this.options.connection.busy;
  }

  /** @param now `performance.now()` */
  start(now: number): void {
    this.startedAt = now;
    this.size = 0;
    this.page.begin();
    const { connection, wholeHead, namedHead } = this.options;
    connection.ask(this.selection.named ? namedHead : wholeHead, this);
  }

  /** It took too long. */
  expire(milliseconds: number): void {
    this.options.connection.giveUp(`no whole answer within ${milliseconds} ms`);
  }

  stop(): void {
    this.options.connection.abort();
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    this.size += end - start;
    this.page.feed(bytes, start, end);
  }

  onEnd(): void {
    const found = this.page.end();
    if (!this.selection.page(found, this.size)) return;
    this.learn(found);
    this.options.settled();
  }

  onFailure(reason: string): void {
    if (!this.selection.failed()) return;
    this.options.report.pollErrors++;
    const pause = Math.min(50 * 2 ** Math.min(this.failures++, 10), LONGEST_PAUSE_MS);
    this.notBefore = performance.now() + pause;
    this.judge(reason);
    this.options.settled();
  }

  private learn(found: number): void {
    const { report, id, engine } = this.options;
    const missing = this.missing();
    if (missing !== '') report.extractErrors++;
    this.judge(
      missing === '' ? undefined : `its page of metrics lacks ${missing} (${engine.name})`,
    );
    if (found === 0) return;
    this.failures = 0;
    this.notBefore = 0;
    report.read(id, performance.now(), this.page.reading);
    this.tellLora(this.page.reading.lora);
  }

  /** A reason is told once, until all is well: it may be another one each time. */
  private judge(reason: string | undefined): void {
    const changed = (reason === undefined) !== (this.reason === undefined);
    this.reason = reason;
    if (changed) this.options.report.health(this.options.id, reason);
  }

  /** @returns what its engine tells and this page does not, for people */
  private missing(): string {
    const { waiting, running, kvUsage } = this.options.engine;
    const { reading } = this.page;
    const names: string[] = [];
    if (waiting && reading.waiting === undefined) names.push(waiting.name);
    if (running && reading.running === undefined) names.push(running.name);
    if (kvUsage[0] && reading.kvUsage === undefined) names.push(kvUsage[0].name);
    return names.join(', ');
  }

  private tellLora(lora: LoraLabels | undefined): void {
    const before = this.lora;
    if (!lora) return;
    const { running, waiting, max } = lora;
    if (before?.running === running && before.waiting === waiting && before.max === max) return;
    this.lora = lora;
    this.options.report.loraChanged(this.options.id, lora);
  }
}
