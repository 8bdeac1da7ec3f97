const { imul } = Math;

/** Data up to here are read whole. */
const WHOLE = 8 * 1024;
/** Of longer ones so many stretches, spread over them evenly. */
const STRETCHES = 64;
const STRETCH = 64;

/**
 * A number for an image or the like: the same for the same data, and another one for others, but for rare cases. Of
 * long data samples are taken, since media differ all over.
 *
 * @param start of the data in the bytes, @param end one past it
 */
export function mediaDigest(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length <= WHOLE) return digest(bytes, start, end, length);
  let hash = length;
  const step = (length - STRETCH) / (STRETCHES - 1);
  for (let i = 0; i < STRETCHES; i++) {
    const from = start + Math.floor(i * step);
    hash = digest(bytes, from, from + STRETCH, hash);
  }
  return hash;
}

function digest(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed | 0;
  for (let i = start; i < end; i++) {
    hash = imul(hash ^ bytes[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
