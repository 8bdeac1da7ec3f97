import { defineRoleFilter } from './role-filter.js';

/** Servers that can decode; those without a role do everything. */
export const decodeFilter = defineRoleFilter({
  type: 'decode-filter',
  summary:
    'Keeps servers whose label llm-d.ai/role is decode, prefill-decode, both or encode-prefill-decode, and those without it.',
  roles: ['decode', 'prefill-decode', 'both', 'encode-prefill-decode'],
  takesUnlabelled: true,
});
