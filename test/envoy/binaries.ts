import { execFileSync } from 'node:child_process';
import { installEnvoy } from '../../scripts/envoy/install.mjs';
import type { EnvoyBinary } from './scenario.js';

/** @param path of an Envoy @throws Error when it does not tell its version */
export function findBinary(path: string): EnvoyBinary {
  const told = execFileSync(path, ['--version'], { encoding: 'utf8' });
  const version = /\/(\d+\.\d+\.\d+)[^/]*\//.exec(told)?.[1];
  if (version === undefined) throw new Error(`${path} does not tell its version: ${told.trim()}`);
  return { path, version };
}

/** @throws Error that says what is missing */
export function installedBinary(version: string): EnvoyBinary {
  try {
    return findBinary(installEnvoy(version));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no Envoy ${version}: ${why}; mend that, or give --envoy PATH`, {
      cause: error,
    });
  }
}
