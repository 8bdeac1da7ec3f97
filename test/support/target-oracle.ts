/** What a routing header's value means, by a reading of the grammar that shares no code with ours. */
export interface ExpectedTarget {
  readonly kind: 'ip' | 'name';
  readonly host: string;
  readonly port: number;
}

const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const NAME = `${HEX}ghijklmnopqrstuvwxyz_`;

const consistsOf = (text: string, alphabet: string): boolean =>
  text !== '' && [...text.toLowerCase()].every((char) => char <= '\x7f' && alphabet.includes(char));

/** @returns undefined for what is to be refused */
export function expectedTarget(value: string): ExpectedTarget | undefined {
  let rest = value;
  while (rest.startsWith(' ') || rest.startsWith('\t')) rest = rest.slice(1);
  while (rest.endsWith(' ') || rest.endsWith('\t')) rest = rest.slice(0, -1);
  for (const scheme of ['http://', 'https://']) {
    if (rest.slice(0, scheme.length).toLowerCase() === scheme) {
      rest = rest.slice(scheme.length);
      break;
    }
  }
  const colon = rest.lastIndexOf(':');
  if (colon < 0) return undefined;
  const port = portNumber(rest.slice(colon + 1));
  if (port === undefined) return undefined;
  const host = rest.slice(0, colon);
  if (host.startsWith('[') && host.endsWith(']')) {
    const groups = ipv6Groups(host.slice(1, -1));
    return groups && { kind: 'ip', host: ipv6Text(groups), port };
  }
  if (ipv4Bytes(host)) return { kind: 'ip', host, port };
  return isName(host) ? { kind: 'name', host: host.toLowerCase(), port } : undefined;
}

function portNumber(text: string): number | undefined {
  if (!consistsOf(text, DIGITS) || text.startsWith('0') || text.length > 5) return undefined;
  const port = parseInt(text, 10);
  return port <= 65535 ? port : undefined;
}

function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const good = parts.every(
    (part) => consistsOf(part, DIGITS) && String(parseInt(part, 10)) === part && +part < 256,
  );
  return good ? parts.map(Number) : undefined;
}

function isName(host: string): boolean {
  if (host.length > 253) return false;
  const labels = host.split('.');
  const last = labels.at(-1)!.toLowerCase();
  if (consistsOf(last, DIGITS)) return false;
  if (last === '0x' || (last.startsWith('0x') && consistsOf(last.slice(2), HEX))) return false;
  return labels.every(
    (label) =>
      label.length <= 63 &&
      consistsOf(label, `${NAME}-`) &&
      !label.startsWith('-') &&
      !label.endsWith('-'),
  );
}

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const sides = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (sides.includes(undefined)) return undefined;
  const [left, right] = sides as [number[], number[] | undefined];
  if (!right) return left.length === 8 ? left : undefined;
  const missing = 8 - left.length - right.length;
  return missing < 1 ? undefined : [...left, ...Array<number>(missing).fill(0), ...right];
}

function groupsOf(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const bytes = mayEndInIPv4 && index === parts.length - 1 ? ipv4Bytes(part) : undefined;
    if (bytes) groups.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!);
    else if (part.length <= 4 && consistsOf(part, HEX)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** RFC 5952; an IPv4-mapped address as IPv4. */
function ipv6Text(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group % 256])
      .join('.');
  }
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const text = (part: readonly number[]): string => part.map((one) => one.toString(16)).join(':');
  if (best.at < 0) return text(groups);
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}
