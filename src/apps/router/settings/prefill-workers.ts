import * as z from 'zod';
import type { Kind } from '../../../config/kinds.js';

/** A worker of `--prefill`. */
export interface PrefillWorker {
  readonly url: string;
  /** Of its bootstrap server; undefined where nothing is said, or `none`. */
  readonly bootstrapPort: number | undefined;
}

interface Entry {
  url: unknown;
  'bootstrap-port'?: unknown;
}

const PORT = z.union([z.int().min(1).max(65_535), z.literal('none'), z.null()]);
const URL_TEXT = z.string().regex(/:\/\//);
const ENTRY = z.union([
  URL_TEXT.transform((url): PrefillWorker => ({ url, bootstrapPort: undefined })),
  z
    .strictObject({ url: URL_TEXT, 'bootstrap-port': PORT.optional() })
    .transform(({ url, 'bootstrap-port': port }): PrefillWorker => ({
      url,
      bootstrapPort: typeof port === 'number' ? port : undefined,
    })),
]);

/** `--prefill URL [PORT|none]`, repeated or one after the other; in a file a list of URLs or of `{url, bootstrap-port}`. */
export function prefillWorkers(): Kind<PrefillWorker[]> {
  return {
    schema: z.array(ENTRY),
    fromText: entriesIn,
    shape: 'words',
    placeholder: 'URL [PORT|none] …',
    expects:
      'URLs, each followed by the port (1 to 65535) of its bootstrap server, by none or by nothing',
    explain,
  };
}

function entriesIn(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const word of text.split(/[\s,]+/).filter((one) => one !== '')) {
    const last = entries.at(-1);
    if (word.includes('://') || !last || 'bootstrap-port' in last) entries.push({ url: word });
    else last['bootstrap-port'] = /^\d+$/.test(word) ? Number(word) : word;
  }
  return entries;
}

function explain(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const entry of value as (Entry | string)[]) {
    const { url, 'bootstrap-port': port } = typeof entry === 'string' ? { url: entry } : entry;
    if (port !== undefined && !PORT.safeParse(port).success) {
      return `${String(url)} is followed by ${JSON.stringify(port)}, which is no bootstrap port: give 1 to 65535, none, or nothing`;
    }
    if (!URL_TEXT.safeParse(url).success) {
      return `${JSON.stringify(url)} is no worker URL: give http://HOST:PORT, and behind it the bootstrap port or none`;
    }
  }
  return undefined;
}
