import { defineRoleFilter } from './role-filter.js';

/** Servers that say that they can encode. */
export const encodeFilter = defineRoleFilter({
  type: 'encode-filter',
  summary:
    'Keeps servers whose label llm-d.ai/role is encode, encode-prefill or encode-prefill-decode.',
  roles: ['encode', 'encode-prefill', 'encode-prefill-decode'],
  takesUnlabelled: false,
});
