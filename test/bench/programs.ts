import { ROUTER_PEERS, SIDECAR_PEERS } from './peers/builtin.js';
import { type Peer, routerPeer, sidecarPeer } from './peers/peer.js';
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
}

/** By the name that `--program` takes. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  sidecar: {
    peer: sidecarPeer,
    builtin: SIDECAR_PEERS,
    workloads: SIDECAR_WORKLOADS,
    warmUps: [SHORT, PASS_THROUGH],
  },
  router: {
    peer: routerPeer,
    builtin: ROUTER_PEERS,
    workloads: ROUTER_WORKLOADS,
    warmUps: [routedRequests(16)],
  },
};
