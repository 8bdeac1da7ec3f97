import { PICKER_PEERS, ROUTER_PEERS, SIDECAR_PEERS } from './peers/builtin.js';
import { type Peer, pickerPeer, routerPeer, sidecarPeer } from './peers/peer.js';
import { PICKER_WORKLOADS } from './picker/workloads.js';
import { ROUTER_WORKLOADS, SIDECAR_WORKLOADS } from './workloads/list.js';
import { PASS_THROUGH, routedRequests, SHORT } from './workloads/requests.js';
import type { Workload } from './workloads/workload.js';

/** A kind of program that the bench can measure. */
export interface Program {
  /** Makes a peer of that kind. */
  readonly peer: (name: string, command: string[]) => Peer;
  readonly builtin: Readonly<Record<string, () => Peer>>;
  readonly workloads: Workload[];
  /** What peers serve before they are measured. */
  readonly warmUps: readonly Workload[];
  /** The processes of its engines and of its load: what {@link Worker} runs. */
  readonly engine: URL;
  readonly load: URL;
  /** Where less or more than five rounds are usual. */
  readonly rounds?: number;
  /** Workloads of a quick run that names none; undefined for all. */
  readonly quick?: readonly string[];
}

const ENGINE = new URL('./engine/main.ts', import.meta.url);
const LOAD = new URL('./load/main.ts', import.meta.url);

const WITHOUT_ENVOY = PICKER_WORKLOADS.map(({ name }) => name).filter(
  (name) => !name.startsWith('envoy-'),
);

/** By the name that `--program` takes. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  sidecar: {
    peer: sidecarPeer,
    builtin: SIDECAR_PEERS,
    workloads: SIDECAR_WORKLOADS,
    warmUps: [SHORT, PASS_THROUGH],
    engine: ENGINE,
    load: LOAD,
  },
  router: {
    peer: routerPeer,
    builtin: ROUTER_PEERS,
    workloads: ROUTER_WORKLOADS,
    warmUps: [routedRequests(16)],
    engine: ENGINE,
    load: LOAD,
  },
  picker: {
    peer: pickerPeer,
    builtin: { ...PICKER_PEERS, direct: () => ({ ...pickerPeer('direct'), skip: WITHOUT_ENVOY }) },
    workloads: PICKER_WORKLOADS,
    warmUps: [],
    engine: new URL('./picker/servers/main.ts', import.meta.url),
    load: new URL('./picker/envoy/main.ts', import.meta.url),
    rounds: 3,
    quick: ['idle-10', 'default-10', 'round-robin-10'],
  },
};
