import { transferParams } from '../engine/answers.js';
import type { Target } from './target.js';

/** One disaggregated request in the parts of which all three of its spellings are made. */
export interface RequestPlan {
  path: string;
  /** The body up to the members that a proxy edits, without the closing brace. */
  start: Buffer;
  stream: boolean;
  /** Text that the engine looks for to tell one aborted request from the next. */
  marker?: string;
}

const PREFILL_PARAMS =
  '{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}';

/** Makes a plan; `member` is the prompt member of the body as JSON text. */
export function planRequest(path: string, member: string, stream: boolean): RequestPlan {
  return { path, start: Buffer.from(`{"model":"bench",${member}`), stream };
}

/** The request as a client sends it to the proxy. */
export function clientRequest(plan: RequestPlan, target: Target): Buffer[] {
  const header = target.prefillHeader;
  const headers = header === '' ? '' : `${header}: 127.0.0.1:${target.prefill}\r\n`;
  return assemble(plan, headers, target.port ?? target.decode, clientTail(plan));
}

/** The request as the prefill engine gets it. */
export function prefillRequest(plan: RequestPlan, target: Target): Buffer[] {
  const tail = `${markerMember(plan)},"max_tokens":1,"stream":false,"kv_transfer_params":${PREFILL_PARAMS}}`;
  return assemble(plan, '', target.prefill, tail);
}

/** The request as the decode engine gets it, with the hand-over of the prefill. */
export function decodeRequest(plan: RequestPlan, target: Target, handover: number): Buffer[] {
  const tail = `${clientTail(plan).slice(0, -1)},"kv_transfer_params":${transferParams(handover)}}`;
  return assemble(plan, '', target.decode, tail);
}

/** The body that the client sends, in one buffer. */
export function clientBody(plan: RequestPlan): Buffer {
  return Buffer.concat([plan.start, Buffer.from(clientTail(plan))]);
}

function clientTail(plan: RequestPlan): string {
  const options = plan.stream ? ',"stream":true,"stream_options":{"include_usage":true}' : '';
  return `${markerMember(plan)},"temperature":0,"max_tokens":16${options}}`;
}

function markerMember(plan: RequestPlan): string {
  return plan.marker === undefined ? '' : `,"user":"${plan.marker}"`;
}

function assemble(plan: RequestPlan, headers: string, port: number, tail: string): Buffer[] {
  const head = `POST ${plan.path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\naccept: */*\r\n${headers}content-type: application/json\r\ncontent-length: ${plan.start.length + tail.length}\r\n\r\n`;
  if (plan.start.length > 16_384)
    return [Buffer.from(head, 'latin1'), plan.start, Buffer.from(tail)];
  return [Buffer.concat([Buffer.from(head, 'latin1'), plan.start, Buffer.from(tail)])];
}
