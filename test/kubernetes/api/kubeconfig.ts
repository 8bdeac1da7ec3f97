import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { User } from './api-under-test.js';

/** What a kubeconfig says. */
export interface KubeconfigParts {
  readonly folder: string;
  readonly user: User;
  readonly server: string;
  readonly caFile?: string;
}

export function tokenFile(folder: string, user: User): string {
  return join(folder, `${user}.token`);
}

/** @returns the path of the file */
export function writeKubeconfig({ folder, user, server, caFile }: KubeconfigParts): string {
  const path = join(folder, `${user}-${new URL(server).port}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      { name: 'test', cluster: { server, ...(caFile && { 'certificate-authority': caFile }) } },
    ],
    users: [{ name: user, user: { tokenFile: tokenFile(folder, user) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
  };
  writeFileSync(path, stringify(config));
  return path;
}
