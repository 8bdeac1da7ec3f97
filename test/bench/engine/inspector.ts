import { handoverName } from './answers.js';
import type { Behaviour, Counts, Sample } from './behaviour.js';
import { bytesDigest, promptDigest } from './digest.js';
import type { RequestBody } from './request-body.js';

const HANDOVER = /handover-(\d{10})/;
const REMOTE_DECODE = '"do_remote_decode":true';

/** Checks that every disaggregated request meets both engines once, in order, with its parameters. */
export class Inspector {
  readonly counts: Omit<Counts, 'tokens' | 'streams'> = {
    prefills: 0,
    decodes: 0,
    passed: 0,
    badPrefills: 0,
    badDecodes: 0,
    samples: [],
  };
  private readonly open = new Set<number>();
  private nextNumber = 1;
  /** Hand-overs below this one are from before the last reset: their requests were given up. */
  private firstNumber = 1;

  /** Checks a prefill request; returns the number of its hand-over. */
  prefill(body: RequestBody, behaviour: Behaviour): number {
    this.counts.prefills++;
    if (!body.textWith(REMOTE_DECODE).includes(REMOTE_DECODE)) this.counts.badPrefills++;
    if (behaviour.sample) this.counts.samples.push(sampleOf('prefill', body));
    const number = this.nextNumber++;
    this.open.add(number);
    return number;
  }

  /** Checks a decode request. */
  decode(body: RequestBody, behaviour: Behaviour): void {
    const handover = HANDOVER.exec(body.textWith('handover-'));
    const number = Number(handover?.[1]);
    if (!handover) this.counts.passed++;
    else if (this.open.delete(number)) this.counts.decodes++;
    else if (number >= this.firstNumber) this.counts.badDecodes++;
    if (behaviour.sample) this.counts.samples.push(sampleOf('decode', body));
  }

  reset(): void {
    this.open.clear();
    this.firstNumber = this.nextNumber;
    const none = { prefills: 0, decodes: 0, passed: 0, badPrefills: 0, badDecodes: 0, samples: [] };
    Object.assign(this.counts, none);
  }
}

function sampleOf(leg: Sample['leg'], body: RequestBody): Sample {
  const bytes = bytesDigest(body.whole());
  try {
    const members = JSON.parse(body.whole().toString()) as Record<string, unknown>;
    const check = leg === 'prefill' ? prefillProblems : decodeProblems;
    return { leg, digest: promptDigest(members), bytes, problems: check(members) };
  } catch (error) {
    return { leg, digest: '', bytes, problems: [`body is not JSON: ${String(error)}`] };
  }
}

function prefillProblems(body: Record<string, unknown>): string[] {
  const params = body['kv_transfer_params'] as Record<string, unknown> | undefined;
  const problems: string[] = [];
  if (params?.['do_remote_decode'] !== true) problems.push('prefill without do_remote_decode');
  if (body['max_tokens'] !== 1) problems.push('prefill with max_tokens other than 1');
  if (body['stream'] === true) problems.push('prefill that streams');
  return problems;
}

function decodeProblems(body: Record<string, unknown>): string[] {
  const params = body['kv_transfer_params'] as Record<string, unknown> | undefined;
  if (params === undefined) return [];
  const problems: string[] = [];
  const name = String(params['remote_engine_id']);
  if (!HANDOVER.test(name) || name.length !== handoverName(0).length)
    problems.push('decode without the engine id that the prefill handed over');
  if (body['max_tokens'] === 1) problems.push('decode with the max_tokens of the prefill');
  return problems;
}
