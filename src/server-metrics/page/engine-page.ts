import type { Engine } from '../engine.js';
import { AllLabels, HighestLabels } from './gathered-labels.js';
import { Gathered, type Combination } from './gathered.js';
import { loraLabels, type LoraLabels } from './lora-labels.js';
import type { MetricSpec } from './metric-spec.js';
import { PageScanner, type SampleTaker } from './page-scanner.js';
import { labelOf } from './sample-labels.js';

/** What a page told; what it did not tell is undefined. */
export interface Reading {
  waiting: number | undefined;
  running: number | undefined;
  /** From 0 to 1. */
  kvUsage: number | undefined;
  blockSize: number | undefined;
  blocks: number | undefined;
  lora: LoraLabels | undefined;
  /** In the order of the engine's custom metrics. */
  readonly custom: (number | undefined)[];
}

/** Reads pages of one server, one after another, in pieces as they come. */
export class EnginePage {
  /** Names of the metrics that are looked for. */
  readonly names: readonly string[];
  /** Of the last whole page; changed by the next. */
  readonly reading: Reading = {
    ...{ waiting: undefined, running: undefined, kvUsage: undefined },
    ...{ blockSize: undefined, blocks: undefined, lora: undefined, custom: [] },
  };

  private readonly scanner: PageScanner;
  private readonly takers = new Map<string, (SampleTaker & { begin(): void })[]>();
  private readonly waiting: Gathered | undefined;
  private readonly running: Gathered | undefined;
  private readonly kvUsage: readonly Gathered[];
  private readonly blockSize: Gathered | undefined;
  private readonly blocks: Gathered | undefined;
  private readonly lora: HighestLabels | undefined;
  private readonly cacheInfo: AllLabels | undefined;
  private readonly custom: readonly Gathered[];

  constructor(private readonly engine: Engine) {
    const { rankLabel } = engine;
    this.waiting = this.gather(engine.waiting, 'sum', rankLabel);
    this.running = this.gather(engine.running, 'sum', rankLabel);
    this.kvUsage = engine.kvUsage.map((spec) => this.gather(spec, 'mean', rankLabel)!);
    this.blockSize = this.gather(engine.blockSize, 'largest');
    this.blocks = this.gather(engine.blocks, 'sum');
    this.custom = engine.custom.map(({ spec }) => this.gather(spec, 'first')!);
    const { lora, cacheInfo } = engine;
    this.lora = lora && this.add(lora, new HighestLabels(lora));
    this.cacheInfo = cacheInfo && this.add(cacheInfo, new AllLabels(cacheInfo));
    this.names = [...this.takers.keys()];
    this.scanner = new PageScanner(this.takers);
  }

  /** Lines of wanted metrics on the last page that could not be read. */
  get malformed(): number {
    return this.scanner.malformed;
  }

  begin(): void {
    this.scanner.begin();
    for (const takers of this.takers.values()) for (const taker of takers) taker.begin();
  }

  /** @param bytes valid during the call only @param end one past the last */
  feed(bytes: Buffer, start: number, end: number): void {
    this.scanner.feed(bytes, start, end);
  }

  /**
   * The page is complete: `reading` is what it told.
   *
   * @returns a bit for each thing that it told; 0: it is no page of this engine
   */
  end(): number {
    this.scanner.end();
    const { reading } = this;
    reading.waiting = valueOf(this.waiting);
    reading.running = valueOf(this.running);
    const kvUsage = valueOf(this.kvUsage.find(({ found }) => found));
    reading.kvUsage = kvUsage === undefined ? undefined : Math.min(kvUsage, 1);
    reading.blockSize = valueOf(this.blockSize);
    reading.blocks = valueOf(this.blocks);
    this.custom.forEach((gathered, i) => {
      reading.custom[i] = gathered.found ? gathered.value : undefined;
    });
    reading.lora = this.lora?.labels && loraLabels(this.lora.labels);
    if (this.cacheInfo) this.readCacheInfo(this.cacheInfo);
    return this.found();
  }

  private found(): number {
    const { waiting, running, kvUsage, blockSize, blocks, lora, custom } = this.reading;
    let bits = 0;
    for (const one of [waiting, running, kvUsage, blockSize, blocks, lora, ...custom])
      bits = bits * 2 + (one === undefined ? 0 : 1);
    return bits;
  }

  /** Tokens of a block are the same in each rank; their blocks add up. */
  private readCacheInfo({ all }: AllLabels): void {
    const { blockSizeLabel = '', blocksLabel = '' } = this.engine;
    for (const labels of all) {
      const size = wholeNumber(labelOf(labels, blockSizeLabel));
      const blocks = wholeNumber(labelOf(labels, blocksLabel));
      if (size !== undefined) this.reading.blockSize ??= size;
      if (blocks !== undefined) this.reading.blocks = (this.reading.blocks ?? 0) + blocks;
    }
  }

  private gather(
    spec: MetricSpec | undefined,
    combination: Combination,
    rankLabel?: string,
  ): Gathered | undefined {
    return spec && this.add(spec, new Gathered(spec, combination, rankLabel));
  }

  private add<T extends SampleTaker & { begin(): void }>({ name }: MetricSpec, taker: T): T {
    const takers = this.takers.get(name);
    if (takers) takers.push(taker);
    else this.takers.set(name, [taker]);
    return taker;
  }
}

/** No count and no share is below 0. */
function valueOf(gathered: Gathered | undefined): number | undefined {
  return gathered?.found ? Math.max(gathered.value, 0) : undefined;
}

function wholeNumber(text = ''): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
