/** HTTP/2 frames as bytes: RFC 9113, sections 4 and 6. */

export const FRAME_HEAD = 9;
/** What every server takes without having said so. */
export const MOST_PAYLOAD = 16_384;

export const FrameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const END_STREAM = 1;
export const END_HEADERS = 4;
export const ACK = 1;

/** Writes the nine bytes before a payload. */
export function writeFrameHead(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  into.writeUIntBE(length, at, 3);
  into[at + 3] = type;
  into[at + 4] = flags;
  into.writeUInt32BE(stream, at + 5);
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(FRAME_HEAD + payload.length);
  writeFrameHead(bytes, 0, payload.length, type, flags, stream);
  payload.copy(bytes, FRAME_HEAD);
  return bytes;
}

const SETTING = { enablePush: 2, initialWindow: 4, headerTable: 1 };
/** What the other side may send before it is told that some of it was read. */
export const OUR_WINDOW = 2 ** 30;
const DEFAULT_WINDOW = 65_535;

/** What a client begins a connection with. */
export function preface(): Buffer {
  const settings = Buffer.alloc(18);
  [
    [SETTING.enablePush, 0],
    [SETTING.initialWindow, OUR_WINDOW],
    [SETTING.headerTable, 0],
  ].forEach(([id, value], i) => {
    settings.writeUInt16BE(id!, i * 6);
    settings.writeUInt32BE(value!, i * 6 + 2);
  });
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(FrameType.settings, 0, 0, settings),
    windowUpdate(0, OUR_WINDOW - DEFAULT_WINDOW),
  ]);
}

export function windowUpdate(stream: number, by: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(by);
  return frame(FrameType.windowUpdate, 0, stream, payload);
}

/** @returns the new size of the windows that streams begin with; undefined where nothing is said of it */
export function initialWindowIn(settings: Buffer): number | undefined {
  for (let at = 0; at + 6 <= settings.length; at += 6)
    if (settings.readUInt16BE(at) === SETTING.initialWindow) return settings.readUInt32BE(at + 2);
  return undefined;
}

/** The head of a gRPC call, with nothing that a table would have to remember: RFC 7541. */
export function callHead(path: string, authority: string): Buffer {
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]), // POST, http, :path
    text(path),
    Buffer.from([0x01]), // :authority
    text(authority),
    Buffer.from([0x0f, 0x10]), // content-type
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ]);
}
