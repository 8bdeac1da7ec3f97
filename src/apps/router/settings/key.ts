import { text, type Kind } from '../../../config/kinds.js';

/** An empty one would open what it is to close. */
export function key(): Kind<string> {
  return text('KEY', /^\S+$/, 'a key without blanks; leave the flag out for none');
}
