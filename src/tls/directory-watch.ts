import { watch, type FSWatcher } from 'node:fs';

/** Events come in bursts: a secret is swapped through three symlinks. */
const DEBOUNCE_MS = 250;

/** Events get lost on some file systems, and a directory may not exist yet. */
const POLL_MS = 5_000;

/**
 * Calls back when a directory may have changed: after its events went quiet, and every few seconds anyway. The
 * callback has to find out whether something did change. Does not keep the process alive.
 *
 * @returns a function that ends the watch
 */
export function watchDirectory(
  directory: string,
  callback: () => void,
  { debounceMs = DEBOUNCE_MS, pollMs = POLL_MS } = {},
): () => void {
  let watcher: FSWatcher | undefined;
  let pending: NodeJS.Timeout | undefined;
  const drop = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const arm = (): void => {
    if (watcher !== undefined) return;
    try {
      watcher = watch(directory, { persistent: false }, () => {
        clearTimeout(pending);
        pending = setTimeout(callback, debounceMs).unref();
      });
      // A directory that goes away is watched again once it is back.
      watcher.on('error', drop);
    } catch {
      watcher = undefined;
    }
  };
  arm();
  const poll = setInterval(() => {
    arm();
    callback();
  }, pollMs).unref();
  return () => {
    clearInterval(poll);
    clearTimeout(pending);
    drop();
  };
}
