/** A prefill whose KV is to be held for a decode. */
export interface TransferPrefill {
  readonly side: 'prefill';
  /** Both requests of a pair name it; chosen by whoever sends them. */
  readonly id: string;
}

/** A decode that fetches what was prefilled elsewhere. */
export interface TransferDecode {
  readonly side: 'decode';
  readonly id: string;
  /** `http://host:port` of the prefiller's bootstrap server. */
  readonly bootstrap: string;
  readonly engineId: string;
}

/** What a request asks of Mooncake's hand-over. */
export type TransferRequest = TransferPrefill | TransferDecode;
