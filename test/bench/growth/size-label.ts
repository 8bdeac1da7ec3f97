const KIB = 1024;

/** A size as it stands on an axis: `64K`, `16M` for bytes, `5000` else. */
export function sizeLabel(size: number, axis: string): string {
  if (axis !== 'bytes') return String(size);
  if (size >= KIB * KIB) return `${size / KIB / KIB}M`;
  return size >= KIB ? `${size / KIB}K` : String(size);
}
