import { ACCESS_MESSAGE } from './access-entry.js';

type Fields = Record<string, unknown>;

const RESET = '\u001b[0m';
const DIM = '\u001b[2m';
const COLOUR_BY_LEVEL: Readonly<Record<string, string>> = {
  error: '\u001b[31m',
  warn: '\u001b[33m',
  info: '\u001b[32m',
  debug: '\u001b[36m',
  trace: '\u001b[35m',
};
const TIME_START = 'yyyy-mm-ddT'.length;
const TIME_END = 'yyyy-mm-ddThh:mm:ss.mmm'.length;
const LEVEL_WIDTH = 5;
/** Anything that could move a terminal's cursor or change its state: C0, DEL and C1. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * @param json one log line as JSON
 * @returns the same for a person: `12:00:00.123 INFO  message  key=value`, access lines shorter
 */
export function prettyLine(json: string, colours: boolean): string {
  const fields = parse(json);
  if (fields === undefined) return json;
  const { level, time, msg, ...rest } = fields;
  const paint = (code: string, text: string): string => (colours ? code + text + RESET : text);
  const name = String(level);
  const clock = String(time).slice(TIME_START, TIME_END);
  const label = paint(COLOUR_BY_LEVEL[name] ?? '', name.toUpperCase().padEnd(LEVEL_WIDTH));
  const text = msg === ACCESS_MESSAGE ? accessText(rest) : printable(String(msg));
  const extra = msg === ACCESS_MESSAGE ? '' : fieldsText(rest);
  return `${paint(DIM, clock)} ${label} ${text}${extra === '' ? '' : paint(DIM, extra)}\n`;
}

function accessText(fields: Fields): string {
  const { method, path, status, requestId, durationMs, ...rest } = fields;
  const took = typeof durationMs === 'number' ? ` ${durationMs} ms` : '';
  const head = `${printable(String(status))} ${printable(String(method))} ${printable(String(path))}`;
  return `${head}${took}${fieldsText(rest)}  id=${printable(String(requestId))}`;
}

function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `  ${printable(key)}=${printable(valueText(value))}`)
    .join('');
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function printable(text: string): string {
  return text.replace(
    CONTROL,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function parse(json: string): Fields | undefined {
  try {
    return JSON.parse(json) as Fields;
  } catch {
    return undefined;
  }
}
