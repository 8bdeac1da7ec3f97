import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { fileSchema } from './json-schema.js';
import { configurationPage } from './reference.js';
import { settings as sidecarSettings } from '../../test/support/sidecar-config.js';

/** Prettier pads tables; nothing else may differ. */
const bare = (page: string): string => page.replace(/\s+/g, ' ').replace(/-{3,}/g, '---');

describe(configurationPage.name, () => {
  it('is what docs/configuration.md holds (else: npm run docs)', () => {
    const committed = readFileSync('docs/configuration.md', 'utf8');
    expect(bare(committed)).toBe(bare(configurationPage(sidecarSettings)));
  });

  it('has a row for every setting', () => {
    const page = configurationPage(sidecarSettings);
    for (const key of Object.keys(sidecarSettings.settings)) expect(page).toContain(`| \`--${key}`);
  });
});

describe(fileSchema.name, () => {
  it('is what docs/sidecar.schema.json holds (else: npm run docs)', () => {
    const committed: unknown = JSON.parse(readFileSync('docs/sidecar.schema.json', 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(fileSchema(sidecarSettings))));
  });

  it('describes the form that people should write', () => {
    expect(fileSchema(sidecarSettings)).toMatchObject({
      additionalProperties: false,
      properties: {
        port: { type: 'integer', minimum: 1, maximum: 65_535, default: 8000 },
        'vllm-port': { type: 'integer', deprecated: true },
        'enable-tls': { type: 'array', items: { enum: ['prefiller', 'decoder', 'encoder'] } },
        'secure-proxy': { type: 'boolean', default: true },
      },
    });
  });
});
