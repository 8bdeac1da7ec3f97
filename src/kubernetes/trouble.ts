/** @returns what ails the API server, by the status of its answer, in words: it `cannot be asked`, or `denies access` */
export function troubleOf({ status }: { readonly status: number | undefined }): string {
  return status === 401 || status === 403 ? 'denies access' : 'cannot be asked';
}
