import { parentPort, workerData } from 'node:worker_threads';
import { limitCpuShare } from './cpu-share.js';
import { clockOffset, type PollCommand, type PollSettings } from './poll-settings.js';
import { Poller } from './poller.js';

/** What the thread is started with. */
export interface PollThreadData {
  readonly settings: PollSettings;
  /** `clockOffset()` of the thread that is told. */
  readonly clockOffset: number;
}

// Polls in a thread of its own: `pollInThread` starts this file, nothing imports it.
const data = workerData as PollThreadData;
const port = parentPort!;
const later = clockOffset() - data.clockOffset;

const poller = new Poller(data.settings, (report) => {
  const { readings, stride } = report;
  // When a page was read is told by the clock of those who are told.
  for (let at = 1; at < readings.length; at += stride) readings[at]! += later;
  port.postMessage(report, [readings.buffer as ArrayBuffer]);
});
limitCpuShare(poller, data.settings);

port.on('message', (command: PollCommand) => poller.obey(command));
