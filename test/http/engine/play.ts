import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerCase } from '../cases/answer-case.js';
import type { EngineConnection } from './recording-engine.js';

/** Says what a case says, and ends as it ends. */
export async function play(
  { pieces, gapMs = 0, then }: AnswerCase,
  { socket }: EngineConnection,
): Promise<void> {
  for (const [i, piece] of pieces.entries()) {
    if (i > 0 && gapMs > 0) await sleep(gapMs);
    if (socket.destroyed) return;
    if (piece !== '') socket.write(piece, 'latin1');
  }
  if (then === 'fin') socket.end();
  if (then === 'rst') {
    // Lets the bytes arrive first: a reset throws away what was not read yet.
    await sleep(2);
    socket.resetAndDestroy();
  }
}
