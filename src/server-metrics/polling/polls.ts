import type { PollCommand, PollReport, PollSettings } from './poll-settings.js';
import { Poller } from './poller.js';

/** Where polls are made. */
export interface Polls {
  send(command: PollCommand): void;
  /** @returns when nobody is asked any more */
  close(): Promise<void>;
}

/**
 * Begins polls.
 *
 * @param tell takes what they find out; times are those of `performance.now()` here
 * @param ended they broke off and are begun anew
 */
export type StartPolls = (
  settings: PollSettings,
  tell: (report: PollReport) => void,
  ended: (reason: unknown) => void,
) => Polls;

/** Polls in this thread. */
export const pollHere: StartPolls = (settings, tell) => {
  const poller = new Poller(settings, tell);
  return {
    send: (command) => poller.obey(command),
    close: () => Promise.resolve(poller.close()),
  };
};
