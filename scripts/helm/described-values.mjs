import { isMap, isScalar, parseDocument } from 'yaml';

/**
 * The values of a values.yaml with what its comments say of them.
 *
 * A comment above a key describes it. A map on one line is one value, a map on several lines is a group of values.
 *
 * @param text of values.yaml
 * @returns a list of path, value (as plain data), description and whether it is a group
 */
export function describedValues(text) {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw document.errors[0];
  return [...described(document.contents, [], document.commentBefore)];
}

function* described(map, path, first) {
  for (const [at, { key, value }] of map.items.entries()) {
    const comment = key.commentBefore ?? (at === 0 ? (map.commentBefore ?? first) : undefined);
    const description = sentence(comment ?? '');
    const own = [...path, key.value];
    const isGroup = isMap(value) && value.items.length > 0 && !value.flow;
    yield { path: own, value: plain(value), description, isGroup };
    if (isGroup) yield* described(value, own);
  }
}

function plain(value) {
  if (value === null) return null;
  return isScalar(value) ? value.value : value.toJSON();
}

function sentence(comment) {
  return comment
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}
