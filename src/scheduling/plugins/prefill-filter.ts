import { defineRoleFilter } from './role-filter.js';

/** Servers that say that they can prefill. */
export const prefillFilter = defineRoleFilter({
  type: 'prefill-filter',
  summary:
    'Keeps servers whose label llm-d.ai/role is prefill, encode-prefill, prefill-decode, both or encode-prefill-decode.',
  roles: ['prefill', 'encode-prefill', 'prefill-decode', 'both', 'encode-prefill-decode'],
  takesUnlabelled: false,
});
