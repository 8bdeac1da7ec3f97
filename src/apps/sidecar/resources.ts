import { ConfigError } from '../../config/config-error.js';
import type { Spelling } from '../../config/spelling.js';
import type { SidecarConfig } from '../../config/sidecar.config.js';
import type { DecodersOptions } from '../../health/health-state.js';
import { createHeldLogger, type HeldLogger } from '../../logging/create-logger.js';
import type { Logger } from '../../logging/logger.js';
import { CertificateError, ServerCertificates } from '../../tls/certificates.js';
import { clientTls } from '../../tls/client-tls.js';

/** @throws ConfigError when the file cannot be written */
export function openLog(config: SidecarConfig, spelled: Spelling): HeldLogger {
  try {
    return createHeldLogger(config.log);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const name = spelled('log-file', 'log-dir');
    throw new ConfigError(`${name}: cannot be written (${reason}): name a file that can`);
  }
}

/** @returns undefined where clients speak plain HTTP @throws ConfigError when there must be a pair and is none */
export async function loadCertificates(
  config: SidecarConfig,
  logger: Logger,
): Promise<ServerCertificates | undefined> {
  if (!config.secureProxy) return undefined;
  const { certPath, requireValidCert, podIp } = config;
  try {
    return await ServerCertificates.load({ certPath, requireValidCert, podIp, logger });
  } catch (error) {
    if (error instanceof CertificateError) throw new ConfigError(error.message);
    throw error;
  }
}

/** How the decoders are probed. */
export function decoderProbes(config: SidecarConfig): DecodersOptions {
  const { modelServerPort: port, dataParallelSize: ranks, upstreamTls, caCert } = config;
  const { decoder } = upstreamTls;
  const tls = decoder.enabled ? clientTls({ ...decoder, caCert }, 'localhost') : undefined;
  return { port, ranks, tls };
}
