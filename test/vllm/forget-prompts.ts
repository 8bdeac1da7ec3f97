import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** ExampleConnector names the folder of a prompt by a hash. */
const PROMPT = /^[0-9a-f]{32,128}$/;

/** Takes the prompts out of a folder in which vLLM's ExampleConnector keeps KV, and nothing else. */
export async function forgetPrompts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (PROMPT.test(name)) await rm(join(folder, name), { recursive: true });
  }
}
