/** Enumerations keep the arguments short whatever a model is worth. */
const PARAMETERS = {
  type: 'object',
  properties: {
    city: { type: 'string', enum: ['Oslo', 'Rome'] },
    days: { type: 'integer', enum: [1, 2, 3] },
  },
  required: ['city', 'days'],
  additionalProperties: false,
};

/** What a call's arguments must hold, in order. */
export const WEATHER_PARAMETERS = ['city', 'days'];

/** A tool as the chat API takes it. */
export const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: PARAMETERS,
    strict: true,
  },
} as const;

/** The same for the responses API. */
export const WEATHER_OF_RESPONSES = { ...WEATHER.function, type: 'function' } as const;

/** The same for Anthropic's messages API. */
export const WEATHER_OF_MESSAGES = {
  name: WEATHER.function.name,
  description: WEATHER.function.description,
  strict: true,
  input_schema: { ...PARAMETERS, type: 'object' },
} as const;
