import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../http/api-error.js';
import { argumentsFor, forcedCall, openAiTools } from './tool-call.js';

const WEATHER = {
  name: 'weather',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer' },
      unit: { enum: ['C', 'F'] },
      exact: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
    },
  },
};

describe(openAiTools.name, () => {
  it('reads the tools of chat and of responses', () => {
    const nested = openAiTools([{ type: 'function', function: WEATHER }]);
    expect(nested).toEqual([{ name: 'weather', schema: WEATHER.parameters }]);
    expect(openAiTools([{ type: 'function', ...WEATHER }])).toEqual(nested);
    expect(openAiTools(undefined)).toEqual([]);
  });
});

describe(forcedCall.name, () => {
  const tools = openAiTools([WEATHER, { name: 'time' }]);

  it.each([undefined, 'auto', 'none'])('forces nothing for %j', (choice) => {
    expect(forcedCall(tools, choice)).toBeUndefined();
  });

  it('takes the first tool where any will do, else the one named', () => {
    expect(forcedCall(tools, 'required')).toMatchObject({
      tool: { name: 'weather' },
      isNamed: false,
    });
    const named = { type: 'function', function: { name: 'time' } };
    expect(forcedCall(tools, named)).toMatchObject({ tool: { name: 'time' }, isNamed: true });
  });

  it('refuses the name of a tool that is not offered', () => {
    expect(() => forcedCall(tools, { name: 'money' })).toThrow(ApiError);
  });
});

describe(argumentsFor.name, () => {
  it('fits the schema and follows from the KV', () => {
    const tool = { name: 'weather', schema: WEATHER.parameters };
    const text = argumentsFor(tool, 12345, '');
    expect(JSON.parse(text)).toEqual({
      city: expect.any(String),
      days: expect.any(Number),
      unit: expect.stringMatching(/^[CF]$/),
      exact: expect.any(Boolean),
      tags: [expect.any(String)],
    });
    expect(argumentsFor(tool, 12345, '')).toBe(text);
    expect(argumentsFor(tool, 12346, '')).not.toBe(text);
  });
});
