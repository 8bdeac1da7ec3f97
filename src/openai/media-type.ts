/** @returns the type of a Content-Type, without parameters and in lower case (RFC 9110 §8.3.1) */
export function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}
