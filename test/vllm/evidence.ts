/** What vLLM's metrics say about KV that a decoder did not compute itself. */
const TRANSFERS = 'vllm:nixl_xfer_time_seconds_count{';
const TOKENS = 'vllm:prompt_tokens_by_source_total{';
const CONFIG = 'vllm:cache_config_info{';

/** How a run tells that the KV of a prompt came from elsewhere. */
export interface Evidence {
  /** Title of the column with the count's growth. */
  readonly title: string;
  /** @returns a number that grows with every prompt whose KV came from elsewhere */
  count(decode: URL): Promise<number>;
  /** @returns whether the count grows at all for a prompt of so many tokens */
  grows(promptTokens: number): boolean;
  /** @returns what is wrong with the count's growth; undefined: nothing */
  fault(grown: number, promptTokens: number): string | undefined;
}

export class NoMetric extends Error {}

/** NIXL counts its transfers: exactly one a prompt. */
export const oneTransfer: Evidence = {
  title: 'transfers',
  count: (decode) => sum(decode, TRANSFERS, ''),
  grows: () => true,
  fault: (grown) => (grown === 1 ? undefined : `${grown} transfers`),
};

/**
 * Of any connector vLLM counts the tokens whose KV came through it. Storage keeps whole blocks, and what was written late is
 * computed, so that fewer than there are is no fault; none is. vLLM's ExampleConnector does not find a prompt of one token
 * more than whole blocks.
 */
export async function tokensTaken(decode: URL): Promise<Evidence> {
  const [info] = await lines(decode, CONFIG);
  const block = Number(/[{,]block_size="(\d+)"/.exec(info ?? '')?.[1]);
  if (!(block > 0)) throw new NoMetric(`${decode.href} does not say its block_size`);
  const grows = (tokens: number): boolean => tokens > block + 1 && (tokens - 1) % block !== 0;
  return {
    title: 'taken',
    count: () => sum(decode, TOKENS, 'source="external_kv_transfer"'),
    grows,
    fault: (grown, tokens) => (grown > 0 || !grows(tokens) ? undefined : 'nothing taken'),
  };
}

async function sum(engine: URL, name: string, label: string): Promise<number> {
  const found = (await lines(engine, name)).filter((line) => line.includes(label));
  if (found.length === 0) throw new NoMetric(`${engine.href} has no metric ${name}${label}}`);
  return found.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function lines(engine: URL, start: string): Promise<string[]> {
  const text = await (await fetch(new URL('/metrics', engine))).text();
  return text.split('\n').filter((line) => line.startsWith(start));
}
