import { ServingStatus, type StatusOf } from '../../../grpc/health.js';

/** The gRPC service that the picker is. */
export const EXT_PROC = 'envoy.service.ext_proc.v3.ExternalProcessor';

/** Ready to be asked: the conditions of readiness, and the chart's name of them. */
const READY: ReadonlySet<string> = new Set(['', 'readiness', EXT_PROC, 'inference-extension']);

/** @param isReady endpoints are known, and no shutdown has begun */
export function healthOf(isReady: () => boolean): StatusOf {
  return (service) => {
    if (service === 'liveness') return ServingStatus.serving;
    if (!READY.has(service)) return undefined;
    return isReady() ? ServingStatus.serving : ServingStatus.notServing;
  };
}
