import type { RoutedExchange } from '../routing/routed-exchange.js';
import { attemptView, decisionView, type AttemptView, type DecisionView } from './decision-view.js';

const ASKED = 'x-router-explain';
const HEADER = 'x-router-decision';
/** Clients take heads of 8 KiB and more. */
const LONGEST = 4096;
const NOT_ASCII = /[^\x20-\x7e]/g;

/** Whether its client wants to know why it goes where it goes. */
export function wantsExplanation({ request }: RoutedExchange): boolean {
  return request.headers[ASKED] === '1';
}

/** Has whatever answers this request say why, in a field of its head: `x-router-decision`, a line of JSON. */
export function explain(exchange: RoutedExchange): void {
  const { response } = exchange;
  const { writeHead } = response;
  response.writeHead = (...head: readonly unknown[]) => {
    response.setHeader(HEADER, explanation(exchange, head[0] as number));
    return Reflect.apply(writeHead, response, head) as typeof response;
  };
}

/** @param status of the answer that begins now */
export function explanation(exchange: RoutedExchange, status: number): string {
  const attempts = attemptsOf(exchange, status);
  for (let most = 64; most >= 1; most = Math.floor(most / 2)) {
    const view = { ...decisionView(exchange, most), attempts };
    const line = asciiJson(view);
    if (line.length <= LONGEST) return line;
  }
  const { policy, worker, reason } = decisionView(exchange, 1);
  return asciiJson({ policy, worker, reason, candidates: [], attempts: attempts.slice(-1) });
}

/** Those that have ended, and the one whose answer this is. */
function attemptsOf(exchange: RoutedExchange, status: number): readonly AttemptView[] {
  const { decisions, attempts, errorCode } = exchange;
  const views = attempts.map(attemptView);
  const last = decisions.at(-1);
  const isUnderWay = last && errorCode === undefined && attempts.length < decisions.length;
  if (!isUnderWay) return views;
  const { role, worker, at } = last;
  return [...views, attemptView({ role, worker, status, ms: performance.now() - at })];
}

/** A field of a head holds ASCII alone; JSON can say everything in it. */
function asciiJson(value: Partial<DecisionView>): string {
  return JSON.stringify(value).replace(
    NOT_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
