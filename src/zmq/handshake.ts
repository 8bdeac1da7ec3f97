import { encodeCommand, ZmtpError } from './frames.js';

/** The patterns that are spoken here, and who may be at the other end of each. */
const PARTNERS = {
  SUB: ['PUB', 'XPUB'],
  PUB: ['SUB', 'XSUB'],
  DEALER: ['ROUTER', 'REP', 'DEALER'],
  ROUTER: ['DEALER', 'REQ', 'ROUTER'],
} as const;

export type SocketType = keyof typeof PARTNERS;

export const GREETING_BYTES = 64;

/** What each end says first: ZMTP 3.0, no encryption and no names (mechanism NULL). */
export const GREETING = Buffer.concat(
  [Buffer.from('ff00000000000000007f0300', 'hex'), Buffer.from('NULL')],
  GREETING_BYTES,
);

/**
 * @param greeting the first 64 bytes of a peer
 * @throws ZmtpError when it is none of ZMTP 3, or asks for a mechanism such as CURVE
 */
export function checkGreeting(greeting: Buffer): void {
  if (greeting[0] !== 0xff || (greeting[9]! & 1) === 0) throw new ZmtpError('it speaks no ZMTP');
  if (greeting[10]! < 3) throw new ZmtpError(`it speaks ZMTP ${greeting[10]}, 3 is needed`);
  const mechanism = greeting.toString('latin1', 12, 32).replace(/\0+$/, '');
  if (mechanism !== 'NULL') {
    throw new ZmtpError(`it asks for the mechanism ${JSON.stringify(mechanism)}, not NULL`);
  }
}

/** @returns the frame that ends the handshake from this side */
export function readyCommand(type: SocketType): Buffer {
  const identity = type === 'DEALER' || type === 'ROUTER' ? [property('Identity', '')] : [];
  const body = [nameOf('READY'), property('Socket-Type', type), ...identity];
  return encodeCommand(Buffer.concat(body));
}

function nameOf(name: string): Buffer {
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name, 'latin1')]);
}

function property(name: string, value: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(value.length);
  return Buffer.concat([nameOf(name), size, Buffer.from(value, 'latin1')]);
}

/** A command: its name and what follows. */
export interface Command {
  readonly name: string;
  readonly data: Buffer;
}

/** @throws ZmtpError when the name is longer than the command */
export function commandOf(body: Buffer): Command {
  const size = body[0] ?? 0;
  if (size === 0 || 1 + size > body.length) throw new ZmtpError('a command without a name');
  return { name: body.toString('latin1', 1, 1 + size), data: body.subarray(1 + size) };
}

/**
 * @param type of this end
 * @returns the name that the peer gave itself, perhaps none
 * @throws ZmtpError when the peer's properties cannot be read, or the two patterns do not fit
 */
export function identityOf({ name, data }: Command, type: SocketType): Buffer {
  if (name === 'ERROR') {
    throw new ZmtpError(`it refused: ${data.toString('utf8', 1, 1 + (data[0] ?? 0))}`);
  }
  if (name !== 'READY') throw new ZmtpError(`${JSON.stringify(name)} where READY was due`);
  const properties = propertiesOf(data);
  const partner = properties.get('socket-type')?.toString('latin1') ?? '';
  const partners: readonly string[] = PARTNERS[type];
  if (!partners.includes(partner)) {
    throw new ZmtpError(`it is a ${JSON.stringify(partner)}, expected ${partners.join(' or ')}`);
  }
  return properties.get('identity') ?? Buffer.alloc(0);
}

function propertiesOf(data: Buffer): Map<string, Buffer> {
  const properties = new Map<string, Buffer>();
  let at = 0;
  while (at < data.length) {
    const nameEnd = at + 1 + data[at]!;
    if (nameEnd + 4 > data.length) throw new ZmtpError('a property that is cut off');
    const valueEnd = nameEnd + 4 + data.readUInt32BE(nameEnd);
    if (valueEnd > data.length) throw new ZmtpError('a property that is cut off');
    const name = data.toString('latin1', at + 1, nameEnd).toLowerCase();
    properties.set(name, data.subarray(nameEnd + 4, valueEnd));
    at = valueEnd;
  }
  return properties;
}
