import type { SidecarConfig } from '../../config/sidecar.config.js';

/** Limits of the program as a whole are dealt out evenly: together the workers stay within them. */
export function shareOf(config: SidecarConfig): SidecarConfig {
  const { workers, maxBufferedBytes, maxIdleConnsPerHost } = config;
  return {
    ...config,
    maxBufferedBytes: Math.max(Math.floor(maxBufferedBytes / workers), 1),
    maxIdleConnsPerHost: Math.max(Math.floor(maxIdleConnsPerHost / workers), 1),
  };
}
