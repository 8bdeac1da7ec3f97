import type { AdminClient } from '../../kubernetes/api/admin-client.js';
import type { KubernetesObject } from '../rig/helm.js';

/** What the API says of a kind. */
interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Where an object goes, and whether it stays. */
export interface Applying {
  /** Of objects that name none. */
  readonly namespace: string;
  readonly dryRun?: boolean;
}

/** Applies objects as `kubectl apply --server-side` does: unknown fields are errors. */
export class ObjectClient {
  private readonly resources = new Map<string, readonly Resource[]>();

  constructor(private readonly admin: AdminClient) {}

  /**
   * @returns what the server warns of
   * @throws Error with the object's name and what the server says against it
   */
  async apply(
    object: KubernetesObject,
    { namespace, dryRun = false }: Applying,
  ): Promise<readonly string[]> {
    const query = new URLSearchParams({
      fieldManager: 'helm',
      fieldValidation: 'Strict',
      force: 'true',
      ...(dryRun && { dryRun: 'All' }),
    });
    const path = `${await this.pathOf(object, namespace)}?${query.toString()}`;
    try {
      const answer = await this.admin.expect('PATCH', path, {
        body: object,
        contentType: 'application/apply-patch+yaml',
      });
      return answer.warnings;
    } catch (error) {
      throw new Error(`${nameOf(object)}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Deletes it where it is. */
  async remove(object: KubernetesObject, namespace: string): Promise<void> {
    const path = await this.pathOf(object, namespace);
    await this.admin.expect('DELETE', `${path}?gracePeriodSeconds=0`, { also: [404] });
  }

  /** @returns it as it is now */
  async read(object: KubernetesObject, namespace: string): Promise<KubernetesObject> {
    const { body } = await this.admin.expect('GET', await this.pathOf(object, namespace));
    return body as unknown as KubernetesObject;
  }

  /** @returns whether the server has a kind */
  async serves({
    apiVersion,
    kind,
  }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): Promise<boolean> {
    return (await this.resourcesOf(apiVersion)).some((resource) => resource.kind === kind);
  }

  /** After kinds were defined. */
  forget(): void {
    this.resources.clear();
  }

  private async pathOf(object: KubernetesObject, namespace: string): Promise<string> {
    const { apiVersion, kind, metadata } = object;
    const resource = (await this.resourcesOf(apiVersion)).find((known) => known.kind === kind);
    if (!resource) throw new Error(`${nameOf(object)}: ${apiVersion} has no kind ${kind}`);
    const home = resource.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : '';
    return `${rootOf(apiVersion)}${home}/${resource.name}/${metadata.name}`;
  }

  private async resourcesOf(apiVersion: string): Promise<readonly Resource[]> {
    const known = this.resources.get(apiVersion);
    if (known) return known;
    const { body } = await this.admin.expect('GET', rootOf(apiVersion), { also: [404] });
    const all = (body['resources'] ?? []) as readonly Resource[];
    const main = all.filter(({ name }) => !name.includes('/'));
    this.resources.set(apiVersion, main);
    return main;
  }
}

/** @returns `Deployment my-router`, for messages */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
