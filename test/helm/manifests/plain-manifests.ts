import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { parse, parseAllDocuments, type Document } from 'yaml';
import type { Helm, Values } from '../rig/helm.js';

const ROOT = new URL('../../../', import.meta.url);
const EXAMPLE = 'helm/tandem-standalone/examples/envoy-extproc.yaml';
/** Files of helm/manifests, and the component whose objects are in each. */
const FILES = { 'envoy-proxy.yaml': 'proxy', 'vllm-extproc.yaml': 'picker' };
/** What helm alone needs. */
const HELMS_OWN = ['app.kubernetes.io/managed-by', 'helm.sh/chart', 'app.kubernetes.io/version'];

/** @returns the path in this checkout */
export function manifestPath(file: string): string {
  return fileURLToPath(new URL(`helm/manifests/${file}`, ROOT));
}

/** @returns the manifests for `kubectl apply` that tandem-standalone renders, by their files */
export async function plainManifests(helm: Helm): Promise<ReadonlyMap<string, string>> {
  const values = parse(readFileSync(new URL(EXAMPLE, ROOT), 'utf8')) as Values;
  const rendered = helm.text({ chart: 'tandem-standalone', values, release: 'vllm' });
  const text = rendered.replaceAll(/^# Source: .*\n/gm, '');
  const documents = [...parseAllDocuments(text)].filter(({ contents }) => contents !== null);
  const manifests = new Map<string, string>();
  for (const [file, component] of Object.entries(FILES)) {
    const own = documents.filter((document) => componentOf(document) === component);
    manifests.set(file, await written(file, own));
  }
  return manifests;
}

function componentOf(document: Document): unknown {
  return document.getIn(['metadata', 'labels', 'app.kubernetes.io/component']);
}

async function written(file: string, documents: readonly Document[]): Promise<string> {
  const parts = documents.map((document) => {
    const plain = document.clone();
    plain.deleteIn(['metadata', 'namespace']);
    for (const above of [[], ['spec', 'template']]) {
      for (const label of HELMS_OWN) {
        const path = [...above, 'metadata', 'labels', label];
        if (plain.hasIn(path)) plain.deleteIn(path);
      }
    }
    return plain.toString({ lineWidth: 0, directives: false });
  });
  const head = `# kubectl apply -f ${file}
# Rendered from helm/tandem-standalone with examples/envoy-extproc.yaml (npm run test:helm -- --write).
`;
  const path = manifestPath(file);
  const style = await prettier.resolveConfig(path);
  return prettier.format(`${head}---\n${parts.join('---\n')}`, { ...style, filepath: path });
}
