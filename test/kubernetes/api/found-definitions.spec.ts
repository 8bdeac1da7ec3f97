import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { foundDefinitions } from './found-definitions.js';

const POOLS = 'inferencepools.inference.networking.k8s.io';
const POLICIES = 'healthcheckpolicies.networking.gke.io';

function definition(name: string, group: string): string {
  return `---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    a: b\n  name: ${name}\nspec:\n  group: ${group}\n`;
}

describe(foundDefinitions.name, () => {
  let root: string;

  const put = (folder: string, text: string): string => {
    const path = join(root, folder);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'crd.yaml'), text);
    return path;
  };

  const find = (...names: string[]) =>
    foundDefinitions(
      { GOMODCACHE: root, TANDEM_TEST_DEFINITIONS: join(root, 'own') },
      new Set(names),
    );

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tandem-definitions-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('takes the newest version of a module', () => {
    const module = 'sigs.k8s.io/gateway-api-inference-extension';
    for (const version of ['v1.9.0', 'v1.10.0', 'v1.2.0']) {
      put(`${module}@${version}/config/crd/bases`, definition(POOLS, version));
    }
    expect(find(POOLS)).toEqual([
      {
        name: POOLS,
        annotations: { a: 'b' },
        spec: { group: 'v1.10.0' },
        source: `${module}@v1.10.0`,
      },
    ]);
  });

  it('takes a folder that is named before the cache', () => {
    put('own', definition(POOLS, 'own'));
    put(
      'sigs.k8s.io/gateway-api-inference-extension@v1.9.0/config/crd/bases',
      definition(POOLS, 'x'),
    );
    expect(find(POOLS).map(({ source }) => source)).toEqual([join(root, 'own')]);
  });

  it('finds one among several of a file, and none that is not wanted', () => {
    const text = definition('a.b', 'b') + definition(POLICIES, 'c');
    put('github.com/!google!cloud!platform/gke-gateway-api@v1.0.0/config/crd', text);
    expect(find(POLICIES, POOLS).map(({ name }) => name)).toEqual([POLICIES]);
  });

  it('finds nothing where there is nothing', () => {
    expect(find(POOLS)).toEqual([]);
  });
});
