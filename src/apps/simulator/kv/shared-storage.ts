import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Prompt } from '../engine/prompt.js';

/** KV of prompts in a folder that several engines share: a file a prompt, named by its fingerprint. */
export class SharedStorage {
  /** @param folder made when it is first written to; undefined: nothing is kept */
  constructor(private readonly folder: string | undefined) {}

  async has(prompt: Prompt): Promise<boolean> {
    if (this.folder === undefined) return false;
    try {
      await access(fileOf(this.folder, prompt));
      return true;
    } catch {
      return false;
    }
  }

  async keep(prompt: Prompt): Promise<void> {
    if (this.folder === undefined) return;
    await mkdir(this.folder, { recursive: true });
    await writeFile(fileOf(this.folder, prompt), '');
  }
}

function fileOf(folder: string, { kv, tokens }: Prompt): string {
  return join(folder, `${kv.toString(16)}-${tokens}`);
}
