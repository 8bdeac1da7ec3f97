import * as z from 'zod';
import { duration, oneOf, type Kind } from '../config/kinds.js';
import { optional, setting, type ConfigOf } from '../config/setting.js';
import type { SidecarConfig } from '../config/sidecar.config.js';
import { EC_CONNECTORS, findEcConnector } from './ec-connectors.js';

const NAMES = EC_CONNECTORS.map(({ name }) => name);

/** Manifests leave it empty where there are no encoders. */
function nameOrNothing(): Kind<string> {
  return { ...oneOf(NAMES), schema: z.enum(['', ...NAMES]) };
}

/** What the sidecar can be told of encoders, beside TLS (`--enable-tls=encoder`). */
export const ENCODER_SETTINGS = {
  'ec-connector': optional(nameOrNothing(), {
    group: 'Encoders',
    description:
      'How embeddings of images, audio and video get from the encoders that x-encoder-hosts-ports names to the engines that follow.',
    defaultText: 'none: x-encoder-hosts-ports is ignored',
  }),
  'encoder-connect-timeout': setting(duration(), {
    group: 'Encoders',
    description: 'How long a connection to an encoder may take to open; 0 switches it off.',
    default: '5s',
  }),
  'encoder-timeout': setting(duration(), {
    group: 'Encoders',
    description: 'How long an encoder may take to send the head of its answer; 0 switches it off.',
    default: '30s',
  }),
};

export type EncoderSettings = ConfigOf<typeof ENCODER_SETTINGS>;

/** They stand among the settings that are brought to the configuration from above it. */
export function encoderSettings({
  connectorSettings,
}: Pick<SidecarConfig, 'connectorSettings'>): EncoderSettings {
  return connectorSettings as unknown as EncoderSettings;
}

/** Whether requests that name encoders have something encoded. */
export function encodes(config: Pick<SidecarConfig, 'connectorSettings'>): boolean {
  return findEcConnector(encoderSettings(config).ecConnector) !== undefined;
}
