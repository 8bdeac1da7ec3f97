/** Where the load goes: through a proxy, or straight to the engines (`port` unset). */
export interface Target {
  port?: number;
  prefill: number;
  decode: number;
  /** Request header that names the prefiller; empty for a router that chooses by itself. */
  prefillHeader: string;
  /** Ports of equal engines, one of which answers a request alone; unset where a pair of engines does. */
  workers?: readonly number[];
}
