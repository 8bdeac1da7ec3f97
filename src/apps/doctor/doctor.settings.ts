import { boolean, seconds, text, wordsOf } from '../../config/kinds.js';
import { defineSettings, optional, setting, type ConfigOf } from '../../config/setting.js';

/** All that the doctor can be told. */
export const doctorSettings = defineSettings({
  program: 'doctor',
  summary: 'Asks workers what they can do, and says with which flags a router makes use of it.',
  settings: {
    'worker-urls': setting(wordsOf(text('URL')), {
      group: 'Doctor',
      description: 'The model servers, as http://HOST:PORT or https://HOST:PORT.',
      default: [],
    }),
    'api-key': optional(text('KEY', /^\S+$/, 'a key without blanks'), {
      group: 'Doctor',
      description: 'The bearer token that workers ask for.',
    }),
    'timeout-secs': setting(seconds(0.1), {
      group: 'Doctor',
      description: 'How long a worker may take for each answer.',
      default: 10,
    }),
    json: setting(boolean(), {
      group: 'Doctor',
      description: 'Print JSON.',
      default: false,
    }),
  },
});

export type DoctorConfig = ConfigOf<typeof doctorSettings.settings>;
