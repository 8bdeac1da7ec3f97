import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFINITION_MODULES, moduleFolder } from '../../kubernetes/api/definition-modules.js';
import { moduleCache } from '../../kubernetes/api/found-definitions.js';
import { isExecutable } from '../../support/is-executable.js';

/** Where Go's own packages put it. */
const GO = '/usr/local/go/bin/go';
const DOWNLOAD_MS = 120_000;

/**
 * Has Go bring the modules that carry the definitions of other projects, where a Go is there and they are not.
 *
 * @returns lines that say what was not to be had; stand-ins take its place
 */
export function downloadDefinitions(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const missing = DEFINITION_MODULES.flatMap(({ module, versions }) => {
    const [parent, name] = moduleFolder(moduleCache(env), module);
    return versions
      .filter((version) => !existsSync(join(parent, `${name}@${version}`)))
      .map((version) => `${module}@${version}`);
  });
  if (missing.length === 0) return [];
  const go = isExecutable(GO) ? GO : 'go';
  return missing.flatMap((module) => {
    const { status, error } = spawnSync(go, ['mod', 'download', module], {
      cwd: tmpdir(),
      env: { ...env, GOFLAGS: '-mod=mod' },
      timeout: DOWNLOAD_MS,
      stdio: 'ignore',
    });
    if (status === 0) return [];
    const why = error ? error.message : `go mod download exits with ${status}`;
    return [`definitions of ${module} are not here (${why}): stand-ins take their place`];
  });
}
