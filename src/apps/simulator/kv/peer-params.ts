/** Another engine, and the name under which this hand-over is known to both. */
export interface Peer {
  readonly requestId: string;
  readonly host: string;
  readonly port: number;
}

/** Whom a request shares its KV with, as vLLM's P2P tier of the OffloadingConnector is told it. */
export interface PeerParams {
  /** A decoder will fetch this prompt under that name (`remote_decoder`). */
  readonly decoder: string | undefined;
  /** Has this whole prompt, or is computing it (`remote_prefiller`). */
  readonly prefiller: Peer | undefined;
  /** May have the beginning of this prompt in its cache (`remote_kv_source`). */
  readonly source: Peer | undefined;
}
