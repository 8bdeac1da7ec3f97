// Requests of a demo: shown as lines for a terminal, or sent to see that they are answered.
import { curl } from './programs.mjs';

/**
 * @param request.title what it shows
 * @param request.body undefined: a GET
 * @param request.showsHead of the answer as well
 * @returns the line
 */
export function lineOf({ url, headers = [], body, showsHead = false }) {
  if (body !== undefined) {
    const line = curl(url, headers, body);
    return showsHead ? line.replace('curl -N', 'curl -iN') : line;
  }
  return `curl ${url}${headers.map((header) => ` -H '${header}'`).join('')}`;
}

/**
 * @param request.status that is to come
 * @param request.shows what the head or the body of the answer is to hold
 * @returns undefined, or what came instead
 */
export async function whatIsWrong({ url, headers = [], body, status = 200, shows = '' }) {
  const fields = headers.map((header) => header.split(/: */));
  if (body !== undefined) fields.push(['content-type', 'application/json']);
  const method = body === undefined ? 'GET' : 'POST';
  const sent = { method, headers: fields, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(url, sent);
  const text = `${JSON.stringify([...answer.headers])}\n${await answer.text()}`;
  if (answer.status === status && text.includes(shows)) return undefined;
  return `status ${answer.status} instead of ${status}, or no ${JSON.stringify(shows)} in ${text}`;
}
