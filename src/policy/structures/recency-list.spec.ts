import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { RecencyList, type Linked } from './recency-list.js';

interface Entry extends Linked<Entry> {
  readonly name: number;
}

/** @returns the names, oldest first, as both directions have them */
function namesIn(list: RecencyList<Entry>): number[] {
  const up: number[] = [];
  for (let entry = list.oldest; entry; entry = entry.newer) up.push(entry.name);
  const down: number[] = [];
  for (let entry = list.newest; entry; entry = entry.older) down.push(entry.name);
  expect(down.reverse()).toEqual(up);
  return up;
}

describe(RecencyList.name, () => {
  it('does what an array does', () => {
    const random = randomOf(13);
    const list = new RecencyList<Entry>();
    const entries: Entry[] = [];
    for (let name = 0; name < 1000; name++) {
      const at = Math.floor(random() * entries.length);
      const entry = entries[at];
      const kind = random();
      if (entry && kind < 0.3) {
        list.remove(entry);
        entries.splice(at, 1);
        expect([entry.newer, entry.older]).toEqual([undefined, undefined]);
      } else if (entry && kind < 0.5) {
        list.touch(entry);
        entries.push(...entries.splice(at, 1));
      } else {
        const added: Entry = { name, newer: undefined, older: undefined };
        const isAmong = entry && kind < 0.7;
        if (isAmong) list.add(added, entry);
        else list.add(added);
        entries.splice(isAmong ? at + 1 : entries.length, 0, added);
      }
      expect(namesIn(list)).toEqual(entries.map((each) => each.name));
    }
  });
});
