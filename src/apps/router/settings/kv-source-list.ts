import { text, wordsOf, type Kind } from '../../../config/kinds.js';

/** A comma is between two workers only where the next one is named: `…,http://worker-b:8000=`. */
const BETWEEN = /\s+|,(?=https?:\/\/[^,\s=]*=)/;

/** `--kv-event-source WORKER=ENDPOINT[,ENDPOINT…] …`: commas part the endpoints of a worker, and workers too. */
export function kvSourceList(): Kind<string[]> {
  return {
    ...wordsOf(text('WORKER=ENDPOINT[,ENDPOINT…]')),
    fromText: (value) => value.split(BETWEEN).filter((item) => item !== ''),
  };
}
