import type { Exchange } from '../../../proxy/exchange.js';

/** @returns the value of a parameter of the query, '' where there is none */
export function queryValue({ facts }: Exchange, name: string): string {
  return new URLSearchParams(facts.target.split('?', 2)[1] ?? '').get(name) ?? '';
}
