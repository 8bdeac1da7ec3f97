import { text, type Kind } from '../../../config/kinds.js';

/** An empty one would open what it is to close. */
export function key(): Kind<string> {
  return text(
    'KEY',
    /^[\x21-\x7e]+$/,
    'a key of visible ASCII without blanks; leave the flag out for none',
  );
}
