export const NEWEST: string;
/** @returns the path of the binary */
export function installEnvoy(version?: string): string;
