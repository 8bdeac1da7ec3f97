import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { DEFINITION_MODULES, moduleFolder } from './definition-modules.js';

/** A CustomResourceDefinition of another project. */
export interface FoundDefinition {
  /** `inferencepools.inference.networking.k8s.io` and the like. */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: unknown;
  /** Where it was found: a module with its version, or a folder. */
  readonly source: string;
}

interface Place {
  readonly folder: string;
  readonly source: string;
}

/**
 * Looks for definitions of others where a machine may have them: in the folders that TANDEM_TEST_DEFINITIONS names, and
 * in Go's module cache, where `go mod download` leaves the modules of {@link DEFINITION_MODULES}. Of two of one name the
 * first one is taken, in the cache that of the newest version.
 *
 * @param wanted their names
 */
export function foundDefinitions(
  env: Readonly<Record<string, string | undefined>>,
  wanted: ReadonlySet<string>,
): readonly FoundDefinition[] {
  const named = (env['TANDEM_TEST_DEFINITIONS'] ?? '').split(delimiter).filter(Boolean);
  const places = [...named.map((folder) => ({ folder, source: folder })), ...cached(env)];
  const byName = new Map<string, FoundDefinition>();
  for (const place of places) {
    if (byName.size === wanted.size) break;
    for (const found of definitionsIn(place, wanted)) {
      if (!byName.has(found.name)) byName.set(found.name, found);
    }
  }
  return [...byName.values()];
}

/** @returns where Go keeps what it downloads */
export function moduleCache(env: Readonly<Record<string, string | undefined>>): string {
  return env['GOMODCACHE'] ?? join(env['GOPATH'] ?? join(homedir(), 'go'), 'pkg', 'mod');
}

function cached(env: Readonly<Record<string, string | undefined>>): Place[] {
  return DEFINITION_MODULES.flatMap(({ module, folder }) => {
    const [parent, name] = moduleFolder(moduleCache(env), module);
    return entriesOf(parent)
      .filter((entry) => entry.startsWith(`${name}@v`))
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((entry) => ({
        folder: join(parent, entry, folder),
        source: `${module}${entry.slice(name.length)}`,
      }));
  });
}

function definitionsIn({ folder, source }: Place, wanted: ReadonlySet<string>): FoundDefinition[] {
  const files = entriesOf(folder).filter((file) => /\.ya?ml$/.test(file));
  return files.flatMap((file) => {
    const documents = readFileSync(join(folder, file), 'utf8').split(/^---[^\n]*$/m);
    return documents.flatMap((document): FoundDefinition[] => {
      // Some are of 20,000 lines: only those are parsed that are wanted.
      const told = /^ {2}name: "?([\w.-]+)"?\s*$/m.exec(document)?.[1];
      if (told === undefined || !wanted.has(told)) return [];
      const { kind, metadata, spec } = (parse(document) ?? {}) as {
        kind?: unknown;
        metadata?: { name?: string; annotations?: Record<string, string> };
        spec?: unknown;
      };
      const name = metadata?.name;
      if (kind !== 'CustomResourceDefinition' || name !== told) return [];
      return [{ name, annotations: metadata?.annotations ?? {}, spec, source }];
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
