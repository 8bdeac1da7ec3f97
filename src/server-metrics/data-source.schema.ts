import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { ConfigError, reasonOf } from '../config/config-error.js';
import { duration } from '../config/kinds.js';
import type { PollTls } from './polling/poll-settings.js';

/** Parameters that the sources have in common: how servers are asked. */
export const DATA_SOURCE = {
  scheme: z.enum(['http', 'https']).default('http').describe('How servers are spoken to.'),
  insecureSkipVerify: z
    .boolean()
    .optional()
    .describe('Certificates of servers are not verified; true unless `caCertPath` is given.'),
  caCertPath: z.string().optional().describe('PEM file that certificates are verified by.'),
  clientCertPath: z.string().optional().describe('PEM file with the certificate that we show.'),
  clientKeyPath: z.string().optional().describe('PEM file with its key.'),
  interval: duration()
    .schema.optional()
    .describe('Between two questions to a server; not below 50ms.'),
};

const PATH = /^\/[!-~]*$/;

/** @param usual path where none is given */
export function pathParameter(usual: string): z.ZodDefault<z.ZodString> {
  return z
    .string()
    .regex(PATH, 'expected a path that begins with a slash')
    .default(usual)
    .describe('What servers are asked for.');
}

interface TlsParameters {
  readonly scheme: 'http' | 'https';
  readonly insecureSkipVerify?: boolean | undefined;
  readonly caCertPath?: string | undefined;
  readonly clientCertPath?: string | undefined;
  readonly clientKeyPath?: string | undefined;
}

/**
 * Reads the files that are named.
 *
 * @param plugin its name in the configuration @returns undefined for plain HTTP
 * @throws ConfigError for files that cannot be read, and for a certificate without its key
 */
export function pollTls(plugin: string, parameters: TlsParameters): PollTls | undefined {
  const { scheme, caCertPath, clientCertPath, clientKeyPath } = parameters;
  const { insecureSkipVerify = caCertPath === undefined } = parameters;
  if ((clientCertPath === undefined) !== (clientKeyPath === undefined)) {
    throw new ConfigError(`${plugin}: clientCertPath and clientKeyPath belong together; give both`);
  }
  if (scheme !== 'https') return undefined;
  return {
    insecureSkipVerify,
    caCert: readPem(plugin, 'caCertPath', caCertPath),
    clientCert: readPem(plugin, 'clientCertPath', clientCertPath),
    clientKey: readPem(plugin, 'clientKeyPath', clientKeyPath),
  };
}

function readPem(plugin: string, key: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch (failure) {
    throw new ConfigError(
      `${plugin}: ${key}=${path}: cannot be read (${reasonOf(failure)}); give a PEM file`,
    );
  }
  throw new ConfigError(`${plugin}: ${key}=${path}: is no PEM file`);
}
