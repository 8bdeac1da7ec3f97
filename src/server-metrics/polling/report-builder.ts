import type { Reading } from '../page/engine-page.js';
import type { LoraLabels } from '../page/lora-labels.js';
import {
  READING_FIELDS,
  type HealthNews,
  type LoraNews,
  type PollReport,
  type PollSettings,
} from './poll-settings.js';

/** Collects what polls find out, so that it is told at once and not piece by piece. */
export class ReportBuilder {
  pollErrors = 0;
  extractErrors = 0;
  private readonly stride: number;
  private readings = new Float64Array(0);
  private count = 0;
  private lora: LoraNews[] = [];
  private news: HealthNews[] = [];

  constructor({ engines }: PollSettings) {
    this.stride = READING_FIELDS + Math.max(0, ...engines.map(({ custom }) => custom.length));
  }

  get empty(): boolean {
    const errors = this.pollErrors + this.extractErrors;
    return this.count + this.lora.length + this.news.length + errors === 0;
  }

  /** @param at milliseconds of `performance.now()` here */
  read(id: number, at: number, reading: Reading): void {
    const { stride } = this;
    const from = this.count++ * stride;
    if (from === this.readings.length) this.grow();
    const { waiting, running, kvUsage, blockSize, blocks, custom } = reading;
    const { readings } = this;
    readings[from] = id;
    readings[from + 1] = at;
    readings[from + 2] = waiting ?? NaN;
    readings[from + 3] = running ?? NaN;
    readings[from + 4] = kvUsage ?? NaN;
    readings[from + 5] = blockSize ?? NaN;
    readings[from + 6] = blocks ?? NaN;
    for (let i = READING_FIELDS; i < stride; i++)
      readings[from + i] = custom[i - READING_FIELDS] ?? NaN;
  }

  loraChanged(id: number, { running, waiting, max }: LoraLabels): void {
    this.lora.push({ id, running, waiting, max });
  }

  /** @param reason undefined: it is well again */
  health(id: number, reason: string | undefined): void {
    this.news.push({ id, reason });
  }

  /** @param interval of the polls @returns what came together; from now on the next one is collected */
  take(interval: number): PollReport {
    const { stride, lora, news, pollErrors, extractErrors } = this;
    const readings = this.readings.slice(0, this.count * stride);
    this.count = 0;
    this.lora = [];
    this.news = [];
    this.pollErrors = 0;
    this.extractErrors = 0;
    return { readings, stride, lora, health: news, interval, pollErrors, extractErrors };
  }

  private grow(): void {
    const larger = new Float64Array(Math.max(16 * this.stride, 2 * this.readings.length));
    larger.set(this.readings);
    this.readings = larger;
  }
}
