import type { Random } from '../random.js';

/** Other texts for an IPv4 address that some parser reads as the same one. */
export function otherIpv4(address: string, random: Random): string {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part < 256))) return address;
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  const hex = number.toString(16).padStart(8, '0');
  const low = parts[2]! * 256 + parts[3]!;
  return random.pick([
    String(number),
    `0x${hex}`,
    `0X${hex.toUpperCase()}`,
    `0${number.toString(8)}`,
    parts.map((part) => `0${part.toString(8)}`).join('.'),
    parts.map((part) => `0x${part.toString(16)}`).join('.'),
    parts.map((part) => String(part).padStart(3, '0')).join('.'),
    `${parts[0]}.${number % 2 ** 24}`,
    `${parts[0]}.${parts[1]}.${low}`,
    `${address}.`,
    `.${address}`,
    `${address}.0`,
    `${parts[0]! + 256}.${parts.slice(1).join('.')}`,
    String(number + 2 ** 32),
    ...ipv6Forms(address, hex),
  ]);
}

function ipv6Forms(address: string, hex: string): string[] {
  const high = hex.slice(0, 4);
  const low = hex.slice(4);
  return [
    `[::ffff:${address}]`,
    `[::FFFF:${address}]`,
    `[::ffff:${high}:${low}]`,
    `[0:0:0:0:0:ffff:${address}]`,
    `[0000:0000:0000:0000:0000:ffff:${high}:${low}]`,
    `[::${address}]`,
    `[::ffff:0:${address}]`,
    `[64:ff9b::${address}]`,
    `[2002:${high}:${low}::1]`,
    `[::ffff:${address}%lo]`,
    `::ffff:${address}`,
    `[${address}]`,
    `[::fffe:${address}]`,
  ];
}

const DIGITS = '0123456789';

/** Characters that some parser takes for the ASCII one, as bytes of UTF-8 or latin1 in a latin1 string. */
export function lookAlike(char: string, random: Random): string {
  const digit = DIGITS.indexOf(char);
  if (char.length === 1 && digit >= 0) {
    const superscript = ({ 1: '\u00b9', 2: '\u00b2', 3: '\u00b3' } as Record<number, string>)[
      digit
    ];
    return random.pick([
      utf8(String.fromCodePoint(0xff10 + digit)),
      utf8(String.fromCodePoint(0x0660 + digit)),
      utf8(String.fromCodePoint(0x1d7ce + digit)),
      utf8(digit === 0 ? '\u24ea' : String.fromCodePoint(0x245f + digit)),
      superscript ?? utf8(String.fromCodePoint(0x2080 + digit)),
    ]);
  }
  if (char === '.') return utf8(random.pick(['\u3002', '\uff0e', '\uff61', '\u2024']));
  if (char === ':') return utf8(random.pick(['\uff1a', '\ua789', '\u2236']));
  if (char === '/') return utf8(random.pick(['\uff0f', '\u2044', '\u2215']));
  if (/[a-z]/i.test(char)) return utf8(String.fromCodePoint(0xfee0 + char.codePointAt(0)!));
  return utf8(random.pick(['\u200b', '\u00ad', '\ufeff', '\u00a0', '\u2028']));
}

/** @returns the bytes of the text, each as a character */
export function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}
