import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BENCH_FOLDER, buildFloor } from './build-floor.js';
import { type Peer, sidecarPeer } from './peer.js';

/** The peers that the bench brings along, by name. */
export const BUILTIN_PEERS: Record<string, () => Peer> = {
  tandem: () =>
    sidecarPeer('tandem', [
      local('../../../bin/tandem'),
      ...'sidecar --secure-proxy=false --metrics-port=0 --bind-address=127.0.0.1'.split(' '),
      ...'--port={port} --model-server-port={decoder}'.split(' '),
    ]),
  floor: () =>
    sidecarPeer('floor', [
      process.execPath,
      buildFloor(join(BENCH_FOLDER, 'floor')),
      '{port}',
      '{decoder}',
    ]),
  direct: () => sidecarPeer('direct'),
};

function local(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
