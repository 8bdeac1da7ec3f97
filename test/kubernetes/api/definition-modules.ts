import { join } from 'node:path';

/** A Go module that carries CustomResourceDefinitions. */
export interface DefinitionModule {
  readonly module: string;
  /** What `go mod download` is asked for; none: it may be here all the same. */
  readonly versions: readonly string[];
  /** Where the definitions lie in it. */
  readonly folder: string;
}

/** Where projects keep the definitions of the kinds that Tandem reads or that its charts render. */
export const DEFINITION_MODULES: readonly DefinitionModule[] = [
  {
    module: 'sigs.k8s.io/gateway-api-inference-extension',
    // The newer one has no objectives and rewrites any more.
    versions: ['v1.6.0', 'v1.5.0'],
    folder: 'config/crd/bases',
  },
  { module: 'sigs.k8s.io/gateway-api', versions: ['v1.6.1'], folder: 'config/crd/standard' },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    versions: ['v0.85.0'],
    folder: 'example/prometheus-operator-crd',
  },
  { module: 'istio.io/api', versions: ['v1.31.1'], folder: 'kubernetes' },
  { module: 'sigs.k8s.io/lws', versions: ['v0.7.0'], folder: 'config/crd/bases' },
  { module: 'github.com/llm-d/llm-d-router', versions: [], folder: 'config/crd/bases' },
  { module: 'github.com/GoogleCloudPlatform/gke-gateway-api', versions: [], folder: 'config/crd' },
];

/** @returns the folder that the module's versions lie in, and how their names begin */
export function moduleFolder(cache: string, module: string): readonly [string, string] {
  // Go writes a capital as an exclamation mark and the small letter.
  const parts = module.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`).split('/');
  return [join(cache, ...parts.slice(0, -1)), parts.at(-1)!];
}
