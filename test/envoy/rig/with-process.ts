const kills = new Set<() => void>();
let isListening = false;

/**
 * Ends a program with this process, however that ends.
 *
 * @returns forgets it, once it has ended by itself
 */
export function endWithProcess(kill: () => void): () => void {
  if (!isListening) {
    process.once('exit', () => kills.forEach((one) => one()));
    isListening = true;
  }
  kills.add(kill);
  return () => void kills.delete(kill);
}
