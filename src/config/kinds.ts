import * as z from 'zod';
import { BYTE_SIZE_PATTERN, parseByteSize } from './byte-size.js';
import { DURATION_PATTERN, parseDuration } from './duration.js';

/**
 * How values of one sort are read.
 *
 * `schema` takes what stands in a configuration file and gives the program's value; `fromText` makes
 * of a flag's or variable's text what a file would hold, and hands back the text itself where it
 * cannot, so that the schema refuses it.
 */
export interface Kind<T> {
  readonly schema: z.ZodType<T>;
  readonly fromText: (text: string) => unknown;
  /** `words`: a list whose flag takes all that follows up to the next flag. */
  readonly shape: 'boolean' | 'scalar' | 'list' | 'words';
  /** Stands for the value in `--help`, such as `PORT`. */
  readonly placeholder: string;
  /** Ends the sentence "expected …" in an error. */
  readonly expects: string;
  /** A better sentence for certain refused values. */
  readonly explain?: (value: unknown) => string | undefined;
}

/** Making a schema costs as much as reading a hundred values: settings of one kind share theirs. */
const schemas = new Map<string, z.ZodType>();

function shared<T>(key: string, make: () => z.ZodType<T>): z.ZodType<T> {
  const known = schemas.get(key) ?? make();
  schemas.set(key, known);
  return known as z.ZodType<T>;
}

/** What a timer can wait: 2^31 ms. */
const MOST_SECONDS = 2_147_483;

const asNumber = (text: string): unknown => (/^[+-]?\d+$/.test(text) ? Number(text) : text);

/** Go's `strconv.ParseBool`. */
export function boolean(): Kind<boolean> {
  return {
    schema: shared('boolean', () => z.boolean()),
    fromText: (text) => {
      if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
      return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : text;
    },
    shape: 'boolean',
    placeholder: 'true|false',
    expects: 'true or false',
  };
}

/** Any text that `pattern` allows; without one, every text. */
export function text(placeholder = 'TEXT', pattern?: RegExp, expects = 'a text'): Kind<string> {
  const schema = shared(`text ${pattern}`, () =>
    pattern ? z.string().regex(pattern) : z.string(),
  );
  return { schema, fromText: (value) => value, shape: 'scalar', placeholder, expects };
}

/** A whole number from `least` to `most`. */
export function integer(least = 0, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    schema: shared(`integer ${least} ${most}`, () => z.int().min(least).max(most)),
    fromText: asNumber,
    shape: 'scalar',
    placeholder: 'N',
    expects: `a whole number ${range}`,
  };
}

/** A number with a fraction, from `least` to `most`. */
export function fraction(least = 0, most = 1): Kind<number> {
  return {
    schema: shared(`fraction ${least} ${most}`, () => z.number().min(least).max(most)),
    fromText: (value) => (/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : value),
    shape: 'scalar',
    placeholder: 'NUMBER',
    expects: `a number from ${least} to ${most}`,
  };
}

/** A TCP port; `least: 0` where 0 switches the listener off or lets the system choose. */
export function port(least: 0 | 1 = 1): Kind<number> {
  return {
    ...integer(least, 65_535),
    placeholder: 'PORT',
    expects: `a port from ${least} to 65535`,
  };
}

/** Milliseconds from Go's duration syntax. */
export function duration(): Kind<number> {
  return {
    schema: shared('duration', durationSchema),
    fromText: (value) => value,
    shape: 'scalar',
    placeholder: 'DURATION',
    expects: 'a duration such as 50ms, 2s or 1m30s, of at most 596h',
  };
}

function durationSchema(): z.ZodType<number> {
  const written = z.string().regex(DURATION_PATTERN);
  return z.union([written, z.literal(0)]).transform((value, context) => {
    const milliseconds = parseDuration(String(value));
    if (milliseconds !== undefined) return milliseconds;
    context.addIssue('too long');
    return z.NEVER;
  });
}

/** Bytes from a whole number or one with KiB, MiB or GiB, at least `least`. */
export function byteSize(least = 1): Kind<number> {
  return {
    schema: shared(`bytes ${least}`, () => byteSizeSchema(least)),
    fromText: asNumber,
    shape: 'scalar',
    placeholder: 'BYTES',
    expects: `a number of bytes of at least ${least}, such as 65536, 512KiB or 64MiB`,
  };
}

function byteSizeSchema(least: number): z.ZodType<number> {
  const written = z.string().regex(BYTE_SIZE_PATTERN);
  return z.union([z.int().min(least), written]).transform((value, context) => {
    const bytes = parseByteSize(String(value));
    if (bytes !== undefined && bytes >= least) return bytes;
    context.addIssue('out of range');
    return z.NEVER;
  });
}

/** One of a closed set of words. `planned` words are known but not to be had in this version. */
export function oneOf<const W extends string>(
  words: readonly W[],
  planned: readonly string[] = [],
): Kind<W> {
  const expects = words.length > 1 ? `one of ${words.join(', ')}` : (words[0] ?? 'nothing');
  return {
    schema: z.enum(words),
    fromText: (value) => value,
    shape: 'scalar',
    placeholder: words.join('|'),
    expects,
    explain: (value) =>
      planned.includes(String(value))
        ? `${String(value)} is not supported by this version yet; give ${expects}`
        : undefined,
  };
}

/** The items of a list in one text: blanks around them and empty ones do not count. */
export function commaSeparated(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Several values of a kind: repeated flags, or one with commas. */
export function listOf<T>(kind: Kind<T>): Kind<T[]> {
  const { explain } = kind;
  return {
    schema: z.array(kind.schema),
    fromText: (value) => commaSeparated(value).map(kind.fromText),
    shape: 'list',
    placeholder: `${kind.placeholder},…`,
    expects: `a list of ${kind.expects.replace(/^one of /, '')}`,
    ...(explain && {
      explain: (value) => (Array.isArray(value) ? value.map(explain).find(Boolean) : undefined),
    }),
  };
}

/** Several words of a kind behind one flag, as `--worker-urls A B`; commas part them too, and repeated flags add up. */
export function wordsOf<T>(kind: Kind<T>): Kind<T[]> {
  return {
    ...listOf(kind),
    fromText: (value) => commaSeparated(value.replaceAll(/\s+/g, ',')).map(kind.fromText),
    shape: 'words',
    placeholder: `${kind.placeholder} …`,
  };
}

/** Milliseconds from seconds with a fraction: `0.2`, `60`. */
export function seconds(least = 0): Kind<number> {
  const { fromText } = fraction(least, MOST_SECONDS);
  return {
    schema: shared(`seconds ${least}`, () =>
      z
        .number()
        .min(least)
        .max(MOST_SECONDS)
        .transform((value) => value * 1000),
    ),
    fromText,
    shape: 'scalar',
    placeholder: 'SECONDS',
    expects: `seconds from ${least} to ${MOST_SECONDS}`,
  };
}
