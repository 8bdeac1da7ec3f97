import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../test/support/arbitrary-json.js';
import { expectedTarget } from '../../test/support/target-oracle.js';
import { MAX_CANDIDATES, parseTarget, parseTargets } from './target.js';

describe(parseTarget.name, () => {
  it.each([
    ['10.1.2.3:8000', 'ip', '10.1.2.3', 8000, '10.1.2.3:8000'],
    ['  10.1.2.3:8000\t', 'ip', '10.1.2.3', 8000, '10.1.2.3:8000'],
    ['http://10.1.2.3:8000', 'ip', '10.1.2.3', 8000, '10.1.2.3:8000'],
    ['HTTPS://10.1.2.3:8000', 'ip', '10.1.2.3', 8000, '10.1.2.3:8000'],
    ['0.0.0.0:1', 'ip', '0.0.0.0', 1, '0.0.0.0:1'],
    ['255.255.255.255:65535', 'ip', '255.255.255.255', 65535, '255.255.255.255:65535'],
    ['[::1]:80', 'ip', '::1', 80, '[::1]:80'],
    ['[::]:80', 'ip', '::', 80, '[::]:80'],
    ['[2001:DB8:0:0:0:0:0:1]:80', 'ip', '2001:db8::1', 80, '[2001:db8::1]:80'],
    ['[2001:0db8::0001]:80', 'ip', '2001:db8::1', 80, '[2001:db8::1]:80'],
    ['[::ffff:10.0.0.1]:80', 'ip', '10.0.0.1', 80, '10.0.0.1:80'],
    ['[::FFFF:0a00:0001]:80', 'ip', '10.0.0.1', 80, '10.0.0.1:80'],
    ['[0:0:0:0:0:ffff:10.0.0.1]:80', 'ip', '10.0.0.1', 80, '10.0.0.1:80'],
    ['[64:ff9b::7f00:1]:80', 'ip', '64:ff9b::7f00:1', 80, '[64:ff9b::7f00:1]:80'],
    ['prefill-0:8000', 'name', 'prefill-0', 8000, 'prefill-0:8000'],
    ['LocalHost:8000', 'name', 'localhost', 8000, 'localhost:8000'],
    [
      'p-0.svc.ns.svc.cluster.local:443',
      'name',
      'p-0.svc.ns.svc.cluster.local',
      443,
      'p-0.svc.ns.svc.cluster.local:443',
    ],
    ['__proto__:80', 'name', '__proto__', 80, '__proto__:80'],
    ['1e3:80', 'name', '1e3', 80, '1e3:80'],
    ['3com.com:80', 'name', '3com.com', 80, '3com.com:80'],
  ])('reads %j', (...[text, kind, host, port, label]) => {
    expect(parseTarget(text)).toEqual({ kind, host, port, label });
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \t '],
    ['no port', '10.0.0.1'],
    ['an empty port', '10.0.0.1:'],
    ['port 0', '10.0.0.1:0'],
    ['a port above the last', '10.0.0.1:65536'],
    ['a port of six digits', '10.0.0.1:100000'],
    ['a leading zero in the port', '10.0.0.1:080'],
    ['a signed port', '10.0.0.1:+80'],
    ['a negative port', '10.0.0.1:-1'],
    ['a port in hex', '10.0.0.1:0x50'],
    ['a named port', '10.0.0.1:http'],
    ['a port in full-width digits', '10.0.0.1:\uff18\uff10'],
    ['a fraction', '10.0.0.1:80.0'],
    ['an exponent', '10.0.0.1:8e1'],
    ['two ports', '10.0.0.1:80:80'],
    ['no host', ':80'],
    ['a host of one dot', '.:80'],
    ['one number as IPv4', '2130706433:80'],
    ['zero as IPv4', '0:80'],
    ['IPv4 in hex', '0x7f000001:80'],
    ['a part in hex', '0x7f.0.0.1:80'],
    ['a last part in hex', '127.0.0.0x1:80'],
    ['an empty hex number', 'a.0x:80'],
    ['a part in octal', '0177.0.0.1:80'],
    ['a leading zero', '127.0.0.01:80'],
    ['short IPv4', '127.1:80'],
    ['three parts', '127.0.1:80'],
    ['five parts', '1.2.3.4.5:80'],
    ['a part above 255', '256.0.0.1:80'],
    ['a trailing dot behind IPv4', '127.0.0.1.:80'],
    ['a trailing dot behind a name', 'host.:80'],
    ['a name that ends in a number', 'host.1:80'],
    ['circled digits', '\u2460.0.0.1:80'],
    ['full-width digits', '\uff11\uff12\uff17.0.0.1:80'],
    ['an ideographic full stop', '127\u30020.0.1:80'],
    ['a soft hyphen', 'ho\u00adst:80'],
    ['a zero-width blank', 'host\u200b:80'],
    ['letters beyond ASCII', 'h\u00f6st:80'],
    ['a Kelvin sign', '\u212aelvin:80'],
    ['a blank inside', 'ho st:80'],
    ['a blank before the port', 'host: 80'],
    ['a vertical tab around', '\x0bhost:80'],
    ['a no-break space around', '\u00a0host:80'],
    ['NUL', 'host\x00:80'],
    ['CR LF', 'host:80\r\nX: y'],
    ['a trailing LF', 'host:80\n'],
    ['DEL', 'host\x7f:80'],
    ['a percent-encoded NUL', '127.0.0.1%00.evil:80'],
    ['a percent-encoded letter', '%68ost:80'],
    ['userinfo', 'user:pass@10.0.0.1:80'],
    ['a target behind userinfo', '10.0.0.1:80@10.0.0.2'],
    ['an empty port in userinfo', '10.0.0.1:@10.0.0.2:80'],
    ['a path', '10.0.0.1:80/'],
    ['a query', '10.0.0.1:80?x='],
    ['a fragment', '10.0.0.1:80#'],
    ['a backslash', '10.0.0.1:80\\@10.0.0.2:80'],
    ['no scheme but its slashes', '//10.0.0.1:80'],
    ['two schemes', 'http://http://10.0.0.1:80'],
    ['blanks behind the scheme', 'http:// 10.0.0.1:80'],
    ['a scheme with one slash', 'http:/10.0.0.1:80'],
    ['a scheme with three', 'http:///10.0.0.1:80'],
    ['another scheme', 'ftp://10.0.0.1:80'],
    ['a file', 'file:///etc/passwd'],
    ['a list', '10.0.0.1:80,10.0.0.2:80'],
    ['IPv6 without brackets', '::1:80'],
    ['a bracket that is not closed', '[::1:80'],
    ['a bracket that was not opened', '::1]:80'],
    ['brackets without a port', '[::1]'],
    ['brackets twice', '[[::1]]:80'],
    ['empty brackets', '[]:80'],
    ['IPv4 in brackets', '[127.0.0.1]:80'],
    ['a name in brackets', '[host]:80'],
    ['a zone', '[fe80::1%eth0]:80'],
    ['a zone, encoded', '[fe80::1%25eth0]:80'],
    ['IPvFuture', '[v1.fe80::1]:80'],
    ['eight groups and ::', '[1:2:3:4:5:6:7::8:9]:80'],
    ['two ::', '[1::2::3]:80'],
    ['a group of five digits', '[::12345]:80'],
    ['a bad IPv4 inside IPv6', '[::ffff:256.0.0.1]:80'],
    ['octal IPv4 inside IPv6', '[::ffff:0177.0.0.1]:80'],
    ['a hyphen at the start', '-host:80'],
    ['a hyphen at the end of a label', 'host-.a:80'],
    ['an empty label', 'a..b:80'],
    ['a dot at the start', '.host:80'],
    ['a label of 64', `${'a'.repeat(64)}:80`],
    ['a name of 254', `${'a.'.repeat(126)}ab:80`],
    ['a flood of letters', `${'a'.repeat(100_000)}:80`],
    ['a flood of dots', `${'.'.repeat(100_000)}:80`],
    ['quotes', '"host":80'],
    ['an asterisk', '*:80'],
  ])('refuses %s', (_what, text) => {
    expect(parseTarget(text)).toBeUndefined();
  });

  it('takes labels of 63 and names of 253 characters', () => {
    expect(parseTarget(`${'a'.repeat(63)}:80`)).toBeDefined();
    expect(parseTarget(`${'a.'.repeat(126)}b:80`)!.host).toHaveLength(253);
  });

  it('agrees with another reading of the grammar on 100,000 mutated values', () => {
    const random = seededRandom(2026);
    let good = 0;
    for (let round = 0; round < 100_000; round++) {
      const value = mutated(random);
      const target = parseTarget(value);
      const expected = expectedTarget(value);
      if (target) good++;
      const same =
        target?.host === expected?.host &&
        target?.port === expected?.port &&
        target?.kind === expected?.kind;
      if (!same) expect({ value, target }).toEqual({ value, target: expected });
    }
    // Both sides of the grammar were tried.
    expect(good).toBeGreaterThan(10_000);
    expect(good).toBeLessThan(90_000);
  });

  it('reads its own labels as the same target', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 5_000; round++) {
      const target = parseTarget(mutated(random));
      if (target) expect(parseTarget(target.label)).toEqual(target);
    }
  });
});

describe(parseTargets.name, () => {
  const labels = (...lines: string[]): string[] | undefined =>
    parseTargets(lines)?.map(({ label }) => label);

  it.each([
    [['a:1'], ['a:1']],
    [['a:1,b:2'], ['a:1', 'b:2']],
    [['a:1 ,\tb:2 '], ['a:1', 'b:2']],
    [
      ['a:1', 'b:2,c:3'],
      ['a:1', 'b:2', 'c:3'],
    ],
    [[',a:1,, ,b:2,'], ['a:1', 'b:2']],
    [['http://a:1,https://b:2'], ['a:1', 'b:2']],
    [['a:1,a:1'], ['a:1', 'a:1']],
    [[''], []],
    [[' ', ',,\t'], []],
    [[], []],
  ])('reads %j', (lines, expected) => {
    expect(labels(...lines)).toEqual(expected);
  });

  it.each([[['a:1,b']], [['a:1', 'x']], [['a:1;b:2']], [['a:1 b:2']]])(
    'refuses %j for one that does not parse',
    (lines) => {
      expect(labels(...lines)).toBeUndefined();
    },
  );

  it('takes 16 candidates and no more', () => {
    const many = (count: number): string => Array<string>(count).fill('a:1').join(',');
    expect(labels(many(MAX_CANDIDATES))).toHaveLength(16);
    expect(labels(many(MAX_CANDIDATES + 1))).toBeUndefined();
    expect(labels(many(MAX_CANDIDATES), 'a:1')).toBeUndefined();
    expect(labels(',,'.repeat(1000) + many(MAX_CANDIDATES))).toHaveLength(16);
  });
});

const SEEDS = [
  '10.0.0.1:8000',
  '255.249.199.99:65535',
  '[::1]:80',
  '[2001:db8::a:1]:443',
  '[::ffff:10.0.0.1]:1',
  '[1:2:3:4:5:6:7:8]:9',
  '[1:2:3:4:5:6:1.2.3.4]:9',
  'prefill-0.pool.svc:8000',
  'a_b.c-d:65536',
  'http://h:1',
  'https://[fe80::1]:1',
  ' h9.x0:99 ',
] as const;
const JUNK = [
  ...'0123456789abfxXzZ.:[]-_/@%?# \t\n\r\0\\,+~é:::...000',
  '::',
  '0x',
  'http://',
  '..',
  ']:',
];

/** A good value after none to three insertions, deletions, replacements or swaps. */
function mutated(random: () => number): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  let text: string = SEEDS[below(SEEDS.length)]!;
  for (let edits = below(4); edits > 0; edits--) {
    const at = below(text.length + 1);
    const kind = below(4);
    if (kind === 0) text = text.slice(0, at) + JUNK[below(JUNK.length)]! + text.slice(at);
    else if (kind === 1) text = text.slice(0, at) + text.slice(at + 1);
    else if (kind === 2) text = text.slice(0, at) + JUNK[below(JUNK.length)]! + text.slice(at + 1);
    else text = text.slice(0, at) + SEEDS[below(SEEDS.length)]!.slice(below(12));
  }
  return text;
}
