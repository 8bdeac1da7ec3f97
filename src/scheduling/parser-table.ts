import type { JsonObject } from '../openai/json-object.js';

/** What is wrong with a body, for its client. */
export interface BodyMistake {
  readonly message: string;
  /** The member that it is about. */
  readonly param: string | undefined;
}

/** Says what requests of some paths carry. */
export interface RequestParser {
  /** Ends of paths, without a leading slash; none where it takes every path that no other takes. */
  readonly paths: readonly string[];
  /** Whether the body is read at all; otherwise it may be anything. */
  readonly readsBody: boolean;
  /** @returns undefined for a body that may go to a model server */
  mistakeIn(path: string, body: JsonObject): BodyMistake | undefined;
}

/** Finds the parser of a path: that with the longest end of it, else the one without paths. */
export class ParserTable {
  private readonly bySuffix: readonly (readonly [string, RequestParser])[];
  private readonly fallback: RequestParser | undefined;

  /** @param parsers in the order of the configuration; of equal ends the first one counts */
  constructor(parsers: readonly RequestParser[]) {
    this.fallback = parsers.find(({ paths }) => paths.length === 0);
    this.bySuffix = parsers
      .flatMap((parser) => parser.paths.map((path) => [`/${path}`, parser] as const))
      .sort(([a], [b]) => b.length - a.length);
  }

  /** @param path without its query @returns undefined where no parser takes it: the request is refused */
  parserFor(path: string): RequestParser | undefined {
    for (const [suffix, parser] of this.bySuffix) if (path.endsWith(suffix)) return parser;
    return this.fallback;
  }
}
