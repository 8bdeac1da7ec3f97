import type { KubeConfig } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import { ClusterConfigError } from '../cluster-config-error.js';
import { fieldsOf, isFields, listOf, textOf } from '../objects/fields.js';

/**
 * Reads one or more kubeconfig files as kubectl does: of two entries with one name the first counts, and files that do
 * not exist are passed over if there are others.
 *
 * @param paths separated as in PATH
 * @throws ClusterConfigError when a file cannot be read or none is there
 */
export async function loadKubeconfigFiles(paths: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const all = new KubeConfig();
  all.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: '' });
  const files = paths.split(delimiter).filter(Boolean);
  let found = 0;
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && files.length > 1) return undefined;
      throw new ClusterConfigError(`kubeconfig ${file} cannot be read: ${error.code}`);
    });
    if (text === undefined) continue;
    found++;
    const one = new KubeConfig();
    try {
      one.loadFromString(JSON.stringify(await parse(text, dirname(file))));
      one.makePathsAbsolute(resolve(dirname(file)));
    } catch (error) {
      throw new ClusterConfigError(
        `kubeconfig ${file} is not valid: ${(error as Error).message.split('\n')[0]}`,
      );
    }
    merge(all, one);
  }
  if (found === 0) throw new ClusterConfigError(`no kubeconfig of ${paths} exists`);
  return all;
}

function merge(all: KubeConfig, one: KubeConfig): void {
  const lacks = (list: readonly { name: string }[], { name }: { name: string }): boolean =>
    !list.some((other) => other.name === name);
  for (const cluster of one.clusters) if (lacks(all.clusters, cluster)) all.addCluster(cluster);
  for (const user of one.users) if (lacks(all.users, user)) all.addUser(user);
  for (const context of one.contexts) if (lacks(all.contexts, context)) all.addContext(context);
  all.currentContext ||= one.currentContext;
}

/** The client library does not know `tokenFile` of a user, but a provider that reads a file. */
async function parse(text: string, folder: string): Promise<unknown> {
  // A CommonJS package: only its default export survives being bundled.
  const { default: yaml } = await import('yaml');
  const config: unknown = yaml.parse(text);
  if (!isFields(config)) throw new Error('it is no mapping');
  const users = listOf(config['users']).map((entry) => {
    const {
      token: _token,
      tokenFile,
      'token-file': older,
      ...user
    } = fieldsOf(fieldsOf(entry)['user']);
    const file = textOf(tokenFile) ?? textOf(older);
    // As in kubectl, the file counts where there is a token too.
    if (file === undefined) return entry;
    const provider = { name: 'tokenFile', config: { tokenFile: resolve(folder, file) } };
    return { ...fieldsOf(entry), user: { ...user, 'auth-provider': provider } };
  });
  return { ...config, users };
}
