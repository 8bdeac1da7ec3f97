import type { KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';
import type { Credentials, RequestCredentials } from './cluster-connection.js';

/**
 * Credentials as a kubeconfig or a service account has them: tokens, token files, client certificates, commands.
 *
 * Files are read again by the client library: certificates for each request, tokens once a minute.
 */
export class KubeconfigCredentials implements Credentials {
  /** @param reload reads all configuration again */
  constructor(
    private config: KubeConfig,
    private readonly reload: () => Promise<KubeConfig>,
  ) {}

  async current(): Promise<RequestCredentials> {
    const given: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    await this.config.applyToHTTPSOptions(given);
    const { agent, headers, ...options } = given;
    // The newline at the end of a token file is no part of the token.
    for (const [name, value] of Object.entries(headers)) headers[name] = value.trim();
    return {
      headers,
      options: {
        ...options,
        // Not left to the environment, which can switch verification off.
        rejectUnauthorized: options.rejectUnauthorized ?? true,
        // The library's agent is for the proxy that a kubeconfig names; else ours keeps connections alive.
        ...(this.config.getCurrentCluster()?.proxyUrl && agent !== undefined ? { agent } : {}),
      },
    };
  }

  async forget(): Promise<void> {
    // What cannot be read now is read with the next refusal.
    this.config = await this.reload().catch(() => this.config);
  }
}
