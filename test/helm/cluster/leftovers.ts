import type { AdminClient } from '../../kubernetes/api/admin-client.js';

interface Resource {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Item {
  readonly metadata: { readonly name: string };
}

/**
 * @returns what there is in a namespace, and what bears the label of the release elsewhere, as `secrets/sh.helm…`; every
 *   kind that the server has is looked through
 */
export async function leftovers(
  admin: AdminClient,
  { namespace, release }: { readonly namespace: string; readonly release: string },
): Promise<string[]> {
  const found: string[] = [];
  const label = encodeURIComponent(`app.kubernetes.io/instance=${release}`);
  for (const root of await roots(admin)) {
    const { body } = await admin.expect('GET', root);
    for (const { name, namespaced, verbs } of (body['resources'] ?? []) as readonly Resource[]) {
      if (name.includes('/') || !verbs.includes('list') || !verbs.includes('delete')) continue;
      const path = namespaced
        ? `${root}/namespaces/${namespace}/${name}`
        : `${root}/${name}?labelSelector=${label}`;
      const { items } = (await admin.expect('GET', path)).body as {
        items?: readonly Item[] | null;
      };
      found.push(...(items ?? []).map(({ metadata }) => `${name}/${metadata.name}`));
    }
  }
  return [...new Set(found)];
}

async function roots(admin: AdminClient): Promise<string[]> {
  const { body } = await admin.expect('GET', '/apis');
  const groups = body['groups'] as readonly {
    readonly preferredVersion: { readonly groupVersion: string };
  }[];
  return [
    '/api/v1',
    ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
}
