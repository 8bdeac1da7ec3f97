const PREFILL_PARAMS =
  '"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}';
const PREFILLER = /\r\nx-prefiller-host-port: *127\.0\.0\.1:(\d+)/i;

/** The prefiller's port that the head names, if any. */
export function prefillerOf(head: string): number | undefined {
  const match = PREFILLER.exec(head);
  return match ? Number(match[1]) : undefined;
}

/** The head for an engine: no routing header, the body's new length. */
export function legHead(head: string, length: number): string {
  const routed = head.replace(PREFILLER, '');
  return `${routed.replace(/(\r\ncontent-length: *)\d+/i, `$1${length}`)}\r\n\r\n`;
}

/**
 * The prefill body. The floor knows that the bench's requests end in `max_tokens` and the streaming
 * members, and cuts there: a lower bound for the work, not a way to edit JSON.
 */
export function prefillParts(body: Buffer): Buffer[] {
  const cut = body.lastIndexOf(',"max_tokens":');
  return [body.subarray(0, cut), Buffer.from(`,"max_tokens":1,"stream":false,${PREFILL_PARAMS}}`)];
}

/** The decode body: everything as sent, and the prefill answer's transfer parameters. */
export function decodeParts(body: Buffer, prefillAnswer: Buffer): Buffer[] {
  const params = prefillAnswer.subarray(prefillAnswer.lastIndexOf('"kv_transfer_params":'));
  const comma = Buffer.from(',');
  return [body.subarray(0, body.length - 1), comma, params];
}
