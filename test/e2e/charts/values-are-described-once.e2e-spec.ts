import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { describedSchema } from '../../../scripts/helm/generate.mjs';

const values = z.strictObject({
  replicas: z.int().min(0),
  image: z.strictObject({ tag: z.string() }),
});
const TEXT = `
# How many pods.
replicas: 1
image:
  # Which version.
  tag: ''
`;

const made = (text: string): Record<string, unknown> =>
  describedSchema({ chart: 'a-chart', values, text }).schema;

describe('the schema of a chart', () => {
  it('says of each value what its comment in values.yaml says', () => {
    expect(made(TEXT)).toMatchObject({
      additionalProperties: false,
      properties: {
        replicas: { type: 'integer', minimum: 0, description: 'How many pods.' },
        image: { properties: { tag: { description: 'Which version.' } } },
      },
    });
  });

  it('is not made while a value has no comment', () => {
    expect(() => made(TEXT.replace('# How many pods.', ''))).toThrow(/replicas has no comment/);
  });

  it('is not made while values.yaml has a value that the schema does not know', () => {
    expect(() => made(`${TEXT}\n# More.\nmore: 1\n`)).toThrow(/more is not in scripts/);
  });

  it('is not made while values.yaml lacks a value', () => {
    expect(() => made('# How many pods.\nreplicas: 1\n')).toThrow(/lacks image/);
  });

  it('has no regular expression that Go cannot read', () => {
    const duration = z.strictObject({ replicas: z.string().regex(/^\d+(?:s|\u00b5s)$/) });
    const text = '# How long.\nreplicas: 1s\n';
    const { schema } = describedSchema({ chart: 'a-chart', values: duration, text });
    expect(JSON.stringify(schema)).toContain('µs');
  });
});
