import type { GrpcCall } from './grpc-call.js';
import type { GrpcMethod } from './grpc-server.js';
import { GrpcStatus } from './status.js';

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const ServingStatus = { serving: 1, notServing: 2, serviceUnknown: 3 } as const;
export type ServingStatus = (typeof ServingStatus)[keyof typeof ServingStatus];

/** @returns the status of a service; undefined for one that is not known */
export type StatusOf = (service: string) => ServingStatus | undefined;

const CHECK = '/grpc.health.v1.Health/Check';
const WATCH = '/grpc.health.v1.Health/Watch';
/** How often, in milliseconds, watched services are looked at. */
const LOOK_MS = 200;

/** The methods of `grpc.health.v1.Health`: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function healthMethods(statusOf: StatusOf): ReadonlyMap<string, GrpcMethod> {
  return new Map([
    [CHECK, (call) => check(call, statusOf)],
    [WATCH, (call) => watch(call, statusOf)],
  ]);
}

function check(call: GrpcCall, statusOf: StatusOf): void {
  let service = '';
  call.serve({
    message: (bytes) => (service = serviceIn(bytes)),
    ended: () => {
      const status = statusOf(service);
      if (status === undefined) {
        return call.finish(GrpcStatus.notFound, `there is no service ${JSON.stringify(service)}`);
      }
      call.send(answer(status));
      call.finish();
    },
    gone: () => undefined,
  });
}

/** Tells the status at once, and each time that it changes, until the caller goes. */
function watch(call: GrpcCall, statusOf: StatusOf): void {
  let timer: NodeJS.Timeout | undefined;
  let last: ServingStatus | undefined;
  call.serve({
    message: (bytes) => {
      const service = serviceIn(bytes);
      const tell = (): void => {
        const status = statusOf(service) ?? ServingStatus.serviceUnknown;
        if (status !== last) call.send(answer(status));
        last = status;
      };
      tell();
      clearInterval(timer);
      timer = setInterval(tell, LOOK_MS).unref();
    },
    ended: () => undefined,
    gone: () => clearInterval(timer),
  });
}

/** `HealthCheckRequest { string service = 1; }`, of which a name of less than 128 bytes is read. */
function serviceIn(bytes: Buffer): string {
  if (bytes.length < 2 || bytes[0] !== 0x0a) return '';
  return bytes.toString('utf8', 2, 2 + (bytes[1]! & 0x7f));
}

/** `HealthCheckResponse { ServingStatus status = 1; }`, framed. */
function answer(status: ServingStatus): Buffer {
  return Buffer.from([0, 0, 0, 0, 2, 0x08, status]);
}
