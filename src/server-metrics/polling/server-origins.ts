import { createSecureContext, type SecureContext } from 'node:tls';
import { urlHost } from '../../endpoint/ip.js';
import type { Origin } from '../../proxy/origin.js';
import { clientTls } from '../../tls/client-tls.js';
import { trustedRoots } from '../../tls/trusted-roots.js';
import type { PollTls } from './poll-settings.js';

/** How servers are reached, over TLS or not. */
export class ServerOrigins {
  private context: SecureContext | undefined;

  constructor(private readonly tls: PollTls | undefined) {}

  /** @param host IPv6 without brackets */
  origin(host: string, port: number): Origin {
    const label = `${urlHost(host)}:${port}`;
    const { tls } = this;
    if (!tls) return { key: label, label, addresses: [host], port };
    const { insecureSkipVerify, caCert } = tls;
    const options = clientTls({ insecureSkipVerify, caCert }, host);
    const secureContext = this.contextWithCertificate(tls) ?? options.secureContext;
    return {
      ...{ key: label, label, addresses: [host], port },
      tls: { ...options, ...(secureContext && { secureContext }) },
    };
  }

  /** Parsed once: hundreds of roots take tens of milliseconds. */
  private contextWithCertificate(tls: PollTls): SecureContext | undefined {
    const { caCert, clientCert, clientKey } = tls;
    if (clientCert === undefined || clientKey === undefined) return undefined;
    this.context ??= createSecureContext({
      ca: trustedRoots(caCert ?? ''),
      cert: clientCert,
      key: clientKey,
      minVersion: 'TLSv1.2',
    });
    return this.context;
  }
}
