/** Ports of Envoy itself. */
export interface EnvoyPorts {
  readonly data: number;
  readonly admin: number;
  readonly operations: number;
}

/** Where everything is on this machine. */
export interface EnvoyAddresses {
  readonly ports: EnvoyPorts;
  readonly pickers: readonly number[];
  readonly servers?: readonly number[];
  readonly version: string;
}

/** @returns a file of config/ as an object, with the addresses of this machine */
export function envoyConfig(file: string, addresses: EnvoyAddresses): Record<string, any>;
