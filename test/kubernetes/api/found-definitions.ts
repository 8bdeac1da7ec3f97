import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** A CustomResourceDefinition of another project. */
export interface FoundDefinition {
  readonly name: string;
  readonly spec: unknown;
}

const MODULE = /^gateway-api-inference-extension@v/;
const BASES = join('config', 'crd', 'bases');

/**
 * Looks for definitions of others where a machine may have them: in the folders that TANDEM_TEST_DEFINITIONS names, and
 * in Go's module cache, where `go mod download sigs.k8s.io/gateway-api-inference-extension@v1.6.0` leaves them. Of two
 * of one name the first one is taken, in the cache that of the newest version.
 */
export function foundDefinitions(
  env: Readonly<Record<string, string | undefined>>,
): readonly FoundDefinition[] {
  const named = (env['TANDEM_TEST_DEFINITIONS'] ?? '').split(delimiter).filter(Boolean);
  const cache = env['GOMODCACHE'] ?? join(env['GOPATH'] ?? join(homedir(), 'go'), 'pkg', 'mod');
  const modules = join(cache, 'sigs.k8s.io');
  const versions = entriesOf(modules)
    .filter((entry) => MODULE.test(entry))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((entry) => join(modules, entry, BASES));
  const byName = new Map<string, FoundDefinition>();
  for (const folder of [...named, ...versions]) {
    for (const definition of definitionsIn(folder)) {
      if (!byName.has(definition.name)) byName.set(definition.name, definition);
    }
  }
  return [...byName.values()];
}

function definitionsIn(folder: string): FoundDefinition[] {
  const files = entriesOf(folder).filter((file) => /\.ya?ml$/.test(file));
  return files.flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(join(folder, file), 'utf8'));
    return [...documents].flatMap((document): FoundDefinition[] => {
      const { kind, metadata, spec } = (document.toJS() ?? {}) as {
        kind?: unknown;
        metadata?: { name?: string };
        spec?: unknown;
      };
      const name = metadata?.name;
      return kind === 'CustomResourceDefinition' && name !== undefined ? [{ name, spec }] : [];
    });
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
