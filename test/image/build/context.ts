import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A copy of what the build is given, which nobody but its owner may read: so a strict umask leaves it, and the image must not
 * take that over.
 *
 * @param root of the repository
 * @param folder where the copy comes to lie
 * @returns the copy
 */
export function copyContext(root: string, folder: string): string {
  const context = join(folder, 'context');
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const sent = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  for (const path of ['Dockerfile', '.dockerignore', ...sent]) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    cpSync(join(root, path), join(context, path), { recursive: true });
  }
  for (const path of globSync('**', { cwd: context })) {
    const at = join(context, path);
    chmodSync(at, statSync(at).isDirectory() ? 0o700 : 0o600);
  }
  return context;
}
