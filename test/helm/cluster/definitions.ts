import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../kubernetes/api/admin-client.js';
import { foundDefinitions } from '../../kubernetes/api/found-definitions.js';
import type { KubernetesObject } from '../rig/helm.js';

/** A kind, with its API. */
export type Kind = Pick<KubernetesObject, 'apiVersion' | 'kind'>;

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const APPROVED = 'api-approved.kubernetes.io';

/** How the suite came to a kind of another project. */
export interface Defined {
  /** `httproutes.gateway.networking.k8s.io` and the like. */
  readonly name: string;
  /** Where the project's own definition was found; undefined: a stand-in by hand, which takes any spec. */
  readonly source: string | undefined;
}

/** @returns `""` of v1, `apps` of apps/v1 */
function groupOf(apiVersion: string): string {
  const at = apiVersion.indexOf('/');
  return at < 0 ? '' : apiVersion.slice(0, at);
}

/** @returns the name of the definition of a custom kind: plurals are regular with all that charts render */
function definitionName(object: Kind): string {
  const kind = object.kind.toLowerCase();
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  return `${plural}.${groupOf(object.apiVersion)}`;
}

/**
 * Defines kinds that the server does not have: as their own projects do where their definitions are found, else by a
 * stand-in.
 *
 * @param kinds that are missing
 */
export async function define(admin: AdminClient, kinds: readonly Kind[]): Promise<Defined[]> {
  const byName = new Map(kinds.map((kind) => [definitionName(kind), kind]));
  const found = new Map(
    foundDefinitions(process.env, new Set(byName.keys())).map((one) => [one.name, one]),
  );
  const defined: Defined[] = [];
  for (const [name, kind] of byName) {
    const own = found.get(name);
    const { annotations, spec } = own ?? { annotations: {}, spec: standIn(name, kind) };
    const metadata = { name, annotations: { [APPROVED]: 'unapproved, for tests', ...annotations } };
    const body = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
    await admin.expect('POST', DEFINITIONS, { body: { ...body, metadata, spec }, also: [409] });
    defined.push({ name, source: own?.source });
  }
  for (const { name } of defined) await established(admin, name);
  return defined;
}

function standIn(name: string, { apiVersion, kind }: Kind) {
  const plural = name.slice(0, name.indexOf('.'));
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything } } };
  return {
    group: groupOf(apiVersion),
    scope: 'Namespaced',
    names: { plural, singular: kind.toLowerCase(), kind },
    versions: [{ name: apiVersion.split('/')[1]!, served: true, storage: true, schema }],
  };
}

async function established(admin: AdminClient, name: string): Promise<void> {
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    const { body } = await admin.expect('GET', `${DEFINITIONS}/${name}`);
    const { conditions } = (body['status'] ?? {}) as {
      conditions?: { type: string; status: string; message: string }[] | null;
    };
    const told = conditions ?? [];
    if (told.some(({ type, status }) => type === 'Established' && status === 'True')) return;
    if (performance.now() > deadline) {
      throw new Error(`${name} is not served: ${told.map(({ message }) => message).join('; ')}`);
    }
  }
}
