import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterConfigError } from '../cluster-config-error.js';
import type { Credentials, RequestCredentials } from './cluster-connection.js';

/** Where the kubelet puts what a pod needs for the API, and keeps it fresh. */
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The service account of a pod, without the client library: it takes 48 MiB for what are two files.
 *
 * Both are read for each request: there are few, and the kubelet replaces the token before it expires.
 */
export class ServiceAccount implements Credentials {
  private readonly folder: string;

  /** @param root stands before the path of the files; for tests */
  constructor(root = '') {
    this.folder = join(root, FOLDER);
  }

  async current(): Promise<RequestCredentials> {
    const [token, ca] = await Promise.all([this.read('token'), this.read('ca.crt')]);
    return {
      headers: { authorization: `Bearer ${token.toString('utf8').trim()}` },
      // Not left to the environment, which can switch verification off.
      options: { ca, rejectUnauthorized: true },
    };
  }

  /** Nothing is kept. */
  async forget(): Promise<void> {}

  /** @throws ClusterConfigError when a file is missing */
  async check(): Promise<void> {
    try {
      await this.current();
    } catch (error) {
      const { path, code } = error as NodeJS.ErrnoException;
      throw new ClusterConfigError(
        `the service account: ${path} cannot be read (${code}): set automountServiceAccountToken, or KUBECONFIG`,
      );
    }
  }

  private read(name: string): Promise<Buffer> {
    return readFile(join(this.folder, name));
  }
}
