/**
 * What a decision costs, without a network: llm-d's default configuration (queue, KV cache and prefix scorers), by the
 * number of endpoints and the length of the prompt.
 *
 *   node --experimental-transform-types --import ./test/bench/hooks.mjs test/bench/picker/scheduling.ts [seconds a row]
 */
import { readJsonObject } from '../../../src/openai/json-object.js';
import { promptText } from '../../../src/openai/prompt-text.js';
import { MAX_TEXT } from '../../../src/policy/policy.js';
import { FILTER_PLUGINS } from '../../../src/scheduling/filter-plugins.js';
import { HANDLER_PLUGINS } from '../../../src/scheduling/handler-plugins.js';
import type { InferenceRequest } from '../../../src/scheduling/inference-request.js';
import { loadPickerConfig } from '../../../src/scheduling/load-picker-config.js';
import { PARSER_PLUGINS } from '../../../src/scheduling/parser-plugins.js';
import { PICKER_PLUGINS } from '../../../src/scheduling/picker-plugins.js';
import { PRODUCER_PLUGINS } from '../../../src/scheduling/producer-plugins.js';
import { Scheduler } from '../../../src/scheduling/scheduler.js';
import { SchedulingFailure } from '../../../src/scheduling/scheduling-failure.js';
import { SCORER_PLUGINS } from '../../../src/scheduling/scorer-plugins.js';
import { randomOf } from '../../support/random-pods.js';
import {
  FakePluginTools,
  inferenceRequest,
  servers,
  type Server,
} from '../../support/scheduling-harness.js';

const SECONDS = Number(process.argv[2] ?? 2);
const DEFINITIONS = [
  ...FILTER_PLUGINS,
  ...SCORER_PLUGINS,
  ...PICKER_PLUGINS,
  ...HANDLER_PLUGINS,
  ...PRODUCER_PLUGINS,
  ...PARSER_PLUGINS,
];
const random = randomOf(1);

/** Conversations of 50 beginnings, so that prefixes are found, and not always. */
function requests(bytes: number): InferenceRequest[] {
  return Array.from({ length: 200 }, (_, i) => {
    const content = `conversation ${i % 50}: `.padEnd(bytes, `${i % 50} talks on, `) + i;
    const body = readJsonObject(
      Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] })),
    );
    const text = promptText(body, MAX_TEXT);
    return inferenceRequest({ id: `r${i}`, body, bytes: body.bytes.length, text });
  });
}

function pool(count: number): Server[] {
  return servers(
    Array.from({ length: count }, () => ({
      state: {
        waiting: Math.floor(random() * 5),
        running: Math.floor(random() * 20),
        kvUsage: random(),
        blockSize: 16,
        blocks: 30_000,
        readAt: 0,
      },
    })),
  );
}

/** One row: decides for the time given, and takes the time of the parts. */
async function measure(endpointCount: number, bytes: number): Promise<void> {
  const tools = Object.assign(new FakePluginTools(), { source: 'the default' });
  const setup = loadPickerConfig(undefined, DEFINITIONS, tools);
  const scheduler = new Scheduler(setup, tools);
  const listeners = setup.listeners.map(({ plugin }) => plugin);
  const all = pool(endpointCount);
  const given = requests(bytes);
  let [prepared, scheduled, decided, rounds] = [0, 0, 0, 0];
  const until = performance.now() + SECONDS * 1000;
  for (let i = 0; performance.now() < until; i++) {
    const request = given[i % given.length]!;
    request.attributes.clear();
    const begun = performance.now();
    await scheduler.prepare(request, all);
    const ready = performance.now();
    const result = scheduler.schedule(request, all);
    const done = performance.now();
    if (result instanceof SchedulingFailure) throw new Error(result.message);
    for (const listener of listeners) listener.decided?.(request, result);
    const told = performance.now();
    // The first quarter warms up.
    if (told < until - SECONDS * 750) continue;
    rounds++;
    prepared += ready - begun;
    scheduled += done - ready;
    decided += told - done;
  }
  const micros = (sum: number): string => ((sum / rounds) * 1000).toFixed(1).padStart(8);
  const rate = Math.round(rounds / ((prepared + scheduled + decided) / 1000));
  console.log(
    `${String(endpointCount).padStart(9)} ${String(bytes).padStart(9)} ${micros(prepared)} ${micros(scheduled)} ${micros(decided)} ${String(rate).padStart(11)}`,
  );
}

console.log('endpoints     bytes  prepare schedule   decided decisions/s   (µs a request)');
for (const endpoints of [10, 100, 500]) {
  for (const bytes of [1024, 16_384, 131_072, 1_048_576]) await measure(endpoints, bytes);
}
