/** Where the load goes: through a proxy, or straight to both engines (`port` unset). */
export interface Target {
  port?: number;
  prefill: number;
  decode: number;
  /** Request header that names the prefiller; empty for a router that chooses by itself. */
  prefillHeader: string;
}
