/** What `npm run test:vllm -- --help` prints. */
export const HELP = `Usage: npm run test:vllm -- [OPTION ...]

Compares requests that the sidecar splits over two vLLM servers with those of the decoder alone.

  --prefill-url URL   the prefiller, else VLLM_PREFILL_URL
  --decode-url URL    the decoder, on this machine, else VLLM_DECODE_URL
  --model NAME        the first of the decoder's models unless given
  --prompts N         how many, of 20 to 3,000 tokens (50)
  --max-tokens N      of each answer (24)
  --every-mode        each prompt as chat and completions, streamed and not; else the four in turn
  --kv-connector NAME the sidecar's (nixlv2)
  --sidecar-flag FLAG of the sidecar, as --sidecar-flag=--p2p-connector-port=7778; may be repeated
  --forget-prompts DIR
                      empties DIR, where vLLM's ExampleConnector keeps KV whatever the cache_salt, before the decoder is asked alone
  --through picker    by Envoy and the picker, which names the prefiller; else the sidecar alone (ENVOY names a binary)
  --help              this text

KV that went by NIXL (nixlv2) is counted by transfers, any other by vLLM's count of tokens that were not computed.
`;
