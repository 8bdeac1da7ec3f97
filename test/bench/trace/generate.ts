import { exponential, logNormal, seeded, zipf, type Random } from './random.js';
import type { Piece, Session, Trace, Turn } from './trace.js';

/** What sessions of one kind are like; counts are tokens, times milliseconds. */
export interface Shape {
  /** Sessions a second, and how many times as many for the first tenth of every half minute. */
  readonly rate: number;
  readonly burst: number;
  /** Beginnings that sessions share: how many there are, how long, and how unevenly they are asked for (Zipf). */
  readonly shared: { readonly count: number; readonly tokens: number; readonly skew: number };
  /** Turns on average, one at least. */
  readonly turns: number;
  readonly asks: number;
  readonly answers: number;
  readonly pauseMs: number;
  readonly users: { readonly count: number; readonly skew: number };
}

const BURST_EVERY_MS = 30_000;
const BURST_MS = 3000;
const SIGMA = 0.7;

/** Kinds of traffic, with rates for four engines that `engine-model.ts` describes. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  /** Conversations with one of twenty assistants. */
  chat: {
    rate: 5,
    burst: 3,
    shared: { count: 20, tokens: 800, skew: 1 },
    turns: 6,
    asks: 80,
    answers: 150,
    pauseMs: 6000,
    users: { count: 400, skew: 0.9 },
  },
  /** Short questions about documents, some of which everybody asks about. */
  documents: {
    rate: 9,
    burst: 3,
    shared: { count: 150, tokens: 4000, skew: 1 },
    turns: 1.5,
    asks: 60,
    answers: 100,
    pauseMs: 4000,
    users: { count: 400, skew: 0.5 },
  },
  /** Agents with the same tools: a long beginning, many turns one right after the other. */
  agents: {
    rate: 0.9,
    burst: 3,
    shared: { count: 3, tokens: 5000, skew: 1 },
    turns: 20,
    asks: 400,
    answers: 80,
    pauseMs: 700,
    users: { count: 60, skew: 0.9 },
  },
  /** One instruction, a new text each time, short answers. */
  batch: {
    rate: 60,
    burst: 2,
    shared: { count: 1, tokens: 1500, skew: 1 },
    turns: 1,
    asks: 200,
    answers: 12,
    pauseMs: 0,
    users: { count: 5, skew: 0 },
  },
};

/**
 * The same trace for the same name, length and seed.
 *
 * @param name one of {@link SHAPES}, or `mixed`: all of them at a quarter of their rates
 * @param seconds in which sessions begin
 */
export function generate(name: string, seconds: number, seed: number): Trace {
  const shapes = name === 'mixed' ? Object.entries(SHAPES) : [[name, SHAPES[name]] as const];
  const sessions = shapes.flatMap(([kind, shape], i) => {
    if (!shape) throw new Error(`no trace ${name}: ${Object.keys(SHAPES).join(', ')}, mixed`);
    const part = { ...shape, rate: shape.rate / shapes.length };
    return sessionsOf(kind, part, seconds * 1000, seeded(seed * 101 + i));
  });
  return { name, sessions: sessions.sort((a, b) => a.startMs - b.startMs) };
}

function sessionsOf(kind: string, shape: Shape, endMs: number, random: Random): Session[] {
  const beginning = zipf(random, shape.shared.count, shape.shared.skew);
  const user = zipf(random, shape.users.count, shape.users.skew);
  const lengths = Array.from({ length: shape.shared.count }, () =>
    Math.round(logNormal(random, shape.shared.tokens, 0.3)),
  );
  const firstSeed = Math.floor(random() * 2 ** 30);
  const sessions: Session[] = [];
  for (let startMs = 0; ;) {
    const isBurst = startMs % BURST_EVERY_MS < BURST_MS;
    startMs += exponential(random, 1000 / (shape.rate * (isBurst ? shape.burst : 1)));
    if (startMs >= endMs) return sessions;
    const rank = beginning();
    const shared = [{ seed: firstSeed + rank, tokens: lengths[rank]! }];
    sessions.push({ startMs, user: `${kind}-${user()}`, shared, turns: turnsOf(shape, random) });
  }
}

function turnsOf({ turns, asks, answers, pauseMs }: Shape, random: Random): Turn[] {
  const count = 1 + Math.floor(turns > 1 ? exponential(random, turns - 1) + 0.5 : 0);
  return Array.from({ length: count }, () => ({
    asks: piece(random, asks),
    answer: piece(random, answers),
    pauseMs: exponential(random, pauseMs),
  }));
}

function piece(random: Random, tokens: number): Piece {
  const length = Math.round(logNormal(random, tokens, SIGMA));
  return {
    seed: Math.floor(random() * 2 ** 31),
    tokens: Math.max(4, Math.min(length, tokens * 8)),
  };
}
