import { describe, expect, it } from '@jest/globals';
import { endpoint, endpoints } from '../../../test/support/policy-harness.js';
import { Member, Roster } from './roster.js';

const newRoster = (): Roster<Member> => new Roster((id) => new Member(id));
const idsOf = (members: Iterable<Member>): string[] => Array.from(members, ({ id }) => id);

describe(Roster.name, () => {
  it('tells who is new', () => {
    const sut = newRoster();
    expect(idsOf(sut.meet([endpoint('a'), endpoint('b')]))).toEqual(['a', 'b']);
    expect(idsOf(sut.meet([endpoint('b'), endpoint('c')]))).toEqual(['c']);
    expect(idsOf(sut.meet([endpoint('a'), endpoint('b'), endpoint('c')]))).toEqual([]);
    expect([sut.size, idsOf(sut.all())]).toEqual([3, ['a', 'b', 'c']]);
  });

  it('finds members where they stand now', () => {
    const sut = newRoster();
    const [a, b, c] = sut.meet([endpoint('a'), endpoint('b'), endpoint('c')]) as Member[];
    sut.meet([endpoint('c'), endpoint('a')]);
    expect([a, b, c].map((member) => sut.indexOf(member!))).toEqual([1, -1, 0]);
    expect(idsOf(sut.candidates)).toEqual(['c', 'a']);
  });

  it('knows a list that comes again, and one with the same members', () => {
    const sut = newRoster();
    const first = endpoints(3);
    sut.meet(first);
    const members = sut.candidates;
    sut.meet(first);
    sut.meet([...first]);
    sut.meet(endpoints(3));
    expect(sut.candidates).toBe(members);
  });

  it('sees that a list has grown in place', () => {
    const sut = newRoster();
    const list = endpoints(2);
    sut.meet(list);
    list.push(endpoint('late'));
    expect(idsOf(sut.meet(list))).toEqual(['late']);
  });

  it('forgets who has left, and makes it anew if it comes back', () => {
    const sut = newRoster();
    const list = [endpoint('a'), endpoint('b')];
    const [a] = sut.meet(list);
    expect(sut.remove('a')).toBe(a);
    expect([sut.remove('a'), sut.indexOf(a!), sut.get('a')]).toEqual([undefined, -1, undefined]);
    expect(idsOf(sut.meet(list))).toEqual(['a']);
    expect(sut.get('a')).not.toBe(a);
    expect(sut.indexOf(a!)).toBe(-1);
  });

  it('takes names that objects have', () => {
    const sut = newRoster();
    const names = ['__proto__', 'constructor', 'toString', ''];
    sut.meet(names.map((id) => endpoint(id)));
    expect(names.map((id) => sut.get(id)?.index)).toEqual([0, 1, 2, 3]);
  });
});
