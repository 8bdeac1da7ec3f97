import { setTimeout as sleep } from 'node:timers/promises';
import { started } from '../../config/stop-while-starting.js';
import type { Admission } from '../../flow-control/admission.js';
import type { DrainState } from '../../health/drain-state.js';
import type { Logger } from '../../logging/logger.js';
import type { Transport } from './transport/transport.js';

/** A picker that serves, until it is drained or closed. */
export interface RunningPicker {
  readonly port: number;
  /** 0: off. */
  readonly healthPort: number;
  /** 0: off. */
  readonly metricsPort: number;
  /** Not ready at once; streams that have begun go on, for the drain's time at most. @returns whether all ended by themselves */
  drain(): Promise<boolean>;
  close(): Promise<void>;
  /** SIGTERM and SIGINT drain and exit with 0; a second one exits with 1 at once. */
  stopOnSignals(): void;
}

export interface PickerHandles {
  readonly port: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly transport: Transport;
  readonly admission: Admission;
  readonly drain: DrainState;
  readonly drainTimeout: number;
  readonly logger: Logger;
  readonly close: () => Promise<void>;
}

/**
 * How long, in milliseconds, new streams are served after it was said that none are wanted: proxies learn that by their
 * health checks.
 */
const LAME_MS = 5000;

/** How long, in milliseconds, streams are still served that a proxy began before it heard of the end. */
const GOODBYE_MS = 200;

/** What can be done with a picker that serves. */
export function runningPicker(handles: PickerHandles): RunningPicker {
  const { port, healthPort, metricsPort, logger, close } = handles;
  let draining: Promise<boolean> | undefined;
  const drain = (): Promise<boolean> => (draining ??= drainPicker(handles).finally(close));
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info('draining', { signal, streams: handles.transport.streams.size });
    void drain().then(() => process.exit(0));
  };
  return {
    port,
    healthPort,
    metricsPort,
    close,
    drain,
    stopOnSignals: () => {
      started();
      process.on('SIGTERM', stop);
      process.on('SIGINT', stop);
    },
  };
}

async function drainPicker({
  transport,
  admission,
  drain,
  drainTimeout,
  logger,
}: PickerHandles): Promise<boolean> {
  drain.begin();
  admission.shutdown();
  const { streams } = transport;
  const lame = Math.min(LAME_MS, drainTimeout);
  await streams.drained(lame);
  transport.announceEnd();
  await sleep(GOODBYE_MS);
  transport.refuse();
  const isDone = await streams.drained(drainTimeout - lame);
  if (!isDone) logger.warn('streams are cut: --drain-timeout is over', { streams: streams.size });
  return isDone;
}
