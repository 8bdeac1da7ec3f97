import type { Clock } from './clock.js';
import type { Session, Trace } from './trace.js';

/** Sends one turn; calls back when it was answered. */
export type SendTurn = (session: Session, turn: number, answered: () => void) => void;

/** Sends every turn of a trace at its time; calls back when the last one was answered. */
export function play({ sessions }: Trace, clock: Clock, send: SendTurn, ended: () => void): void {
  let left = sessions.length;
  const sendTurn = (session: Session, turn: number): void => {
    send(session, turn, () => {
      const next = session.turns[turn + 1];
      if (next) clock.after(next.pauseMs, () => sendTurn(session, turn + 1));
      else if (--left === 0) ended();
    });
  };
  const begin = clock.now();
  for (const session of sessions)
    clock.after(begin + session.startMs - clock.now(), () => sendTurn(session, 0));
}
