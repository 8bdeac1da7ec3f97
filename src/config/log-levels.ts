import * as z from 'zod';
import type { Kind } from './kinds.js';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** klog's verbosity: 0 to 3 is info, 4 debug, 5 and more trace. */
function levelOfVerbosity(verbosity: number): LogLevel {
  if (verbosity <= 3) return 'info';
  return verbosity === 4 ? 'debug' : 'trace';
}

/** The value of klog's `-v`. */
export function verbosity(): Kind<LogLevel> {
  return {
    schema: z.int().transform(levelOfVerbosity),
    fromText: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
    shape: 'scalar',
    placeholder: 'N',
    expects: 'a whole number (0 to 3 is info, 4 debug, 5 trace)',
  };
}

const ZAP_LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  panic: 'error',
};

/** The value of controller-runtime's `--zap-log-level`: a word, or a verbosity as klog's. */
export function zapLevel(): Kind<LogLevel> {
  const word = z.string().refine((text) => Object.hasOwn(ZAP_LEVELS, text.toLowerCase()));
  return {
    schema: z.union([
      z.int().min(0).transform(levelOfVerbosity),
      word.transform((text) => ZAP_LEVELS[text.toLowerCase()] ?? 'info'),
    ]),
    fromText: (text) => (/^\d+$/.test(text) ? Number(text) : text),
    shape: 'scalar',
    placeholder: 'LEVEL',
    expects: 'debug, info, warn, error, panic or a whole number',
  };
}

const ROUTER_LEVELS: Readonly<Record<string, LogLevel>> = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
  warning: 'warn',
  critical: 'error',
};

/** The value of a router's `--log-level`: Python's words too, as vllm-router takes them. */
export function routerLogLevel(): Kind<LogLevel> {
  const words = Object.keys(ROUTER_LEVELS);
  return {
    schema: z
      .string()
      // For editors and charts; the program takes mixed case as well.
      .meta({ enum: [...words, ...words.map((word) => word.toUpperCase())] })
      .refine((word) => Object.hasOwn(ROUTER_LEVELS, word.toLowerCase()))
      .transform((word) => ROUTER_LEVELS[word.toLowerCase()]!),
    fromText: (text) => text,
    shape: 'scalar',
    placeholder: LOG_LEVELS.join('|'),
    expects: `one of ${words.join(', ')}`,
  };
}

/** The value of controller-runtime's `--zap-encoder`. */
export function zapEncoder(): Kind<LogFormat> {
  return {
    schema: z.enum(['json', 'console']).transform((word) => (word === 'json' ? 'json' : 'pretty')),
    fromText: (text) => text,
    shape: 'scalar',
    placeholder: 'json|console',
    expects: 'json or console',
  };
}
