import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BENCH_FOLDER, buildFloor } from './build-floor.js';
import { type Peer, pickerPeer, routerPeer, sidecarPeer } from './peer.js';

/** The peers that the bench brings along for the sidecar, by name. */
export const SIDECAR_PEERS: Record<string, () => Peer> = {
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

/** Those for the router; the floor knows one worker only and sends all to it. */
export const ROUTER_PEERS: Record<string, () => Peer> = {
  tandem: () =>
    routerPeer('tandem', [
      local('../../../bin/tandem'),
      ...'router --host=127.0.0.1 --port={port} --prometheus-port={metrics}'.split(' '),
      ...'--policy={policy} --worker-urls {workers}'.split(' '),
    ]),
  floor: () =>
    routerPeer('floor', [
      process.execPath,
      buildFloor(join(BENCH_FOLDER, 'floor')),
      '{port}',
      '{decoder}',
    ]),
  direct: () => routerPeer('direct'),
};

/** Those for the picker, but for `direct`, which is Envoy without one. */
export const PICKER_PEERS: Record<string, () => Peer> = {
  tandem: () =>
    pickerPeer(
      'tandem',
      [
        local('../../../bin/tandem'),
        ...'picker --bind-address=127.0.0.1 --grpc-port={port} --grpc-health-port={health}'.split(
          ' ',
        ),
        ...'--metrics-port={metrics} --secure-serving=false --config-file={config}'.split(' '),
      ],
      'tandem',
    ),
};

function local(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
