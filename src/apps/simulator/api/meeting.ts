import { ApiError } from '../http/api-error.js';
import type { JsonBody } from '../http/validation.js';
import type { Meeting } from '../kv/rooms.service.js';

const NAMES = ['bootstrap_host', 'bootstrap_port', 'bootstrap_room'] as const;
const MAX_ROOM = 2n ** 63n - 1n;

/**
 * Reads where SGLang's engines are to meet.
 *
 * @param role of this engine: one that can be either does not know which side it is
 * @throws ApiError 400 for a part of it, for a room that is no exact 64-bit integer
 */
export function meetingOf(body: JsonBody, role: string): Meeting | undefined {
  const given = NAMES.filter((name) => body[name] !== undefined && body[name] !== null);
  if (given.length === 0) return undefined;
  if (given.length < NAMES.length) {
    throw ApiError.badRequest(`${NAMES.join(', ')} go together, got ${given.join(', ')}.`);
  }
  if (role === 'both') {
    throw ApiError.badRequest(
      'bootstrap_room needs an engine of one side: --role=prefill or decode.',
    );
  }
  return {
    host: String(body['bootstrap_host']),
    port: Number(body['bootstrap_port']),
    room: roomOf(body),
  };
}

function roomOf(body: JsonBody): string {
  const value = body['bootstrap_room'] as number;
  const digits = (body['bootstrap_room_digits'] as string | undefined) ?? String(value);
  const isExact = body['bootstrap_room_digits'] !== undefined || Number.isSafeInteger(value);
  if (!isExact || !/^\d{1,19}$/.test(digits) || BigInt(digits) > MAX_ROOM) {
    throw ApiError.badRequest(
      'bootstrap_room must be an exact integer below 2^63.',
      'bootstrap_room',
    );
  }
  return digits;
}

/** Each prompt of a batch has a room of its own: SGLang counts on from the first. */
export function meetingAt(meeting: Meeting | undefined, index: number): Meeting | undefined {
  return meeting && { ...meeting, room: String(BigInt(meeting.room) + BigInt(index)) };
}
