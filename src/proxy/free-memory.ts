/** Below, giving memory back costs more than its collection. */
const WORTH_FREEING = 16 * 1024;

/**
 * Gives a buffer's memory back at once, for use right after its last use: it is empty from then on.
 *
 * The collector hears of memory outside its heap late and looks for it by marking everything, several times a second
 * where prompts are long: that took half of their CPU (docs/performance.md).
 *
 * @param bytes that nobody else refers to, native code neither; one that shares its memory with others is left alone
 */
export function freeMemory({ buffer, byteLength }: Buffer): void {
  if (byteLength < WORTH_FREEING || byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
