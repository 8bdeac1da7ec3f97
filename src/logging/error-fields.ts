const MAX_CAUSES = 4;

/** What a log line says about an error. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/**
 * @returns name, message, code and causes of an error, as plain JSON; anything else as it came.
 * The stack is there only without a code: Node's system and TLS errors have one, bugs have none.
 */
export function errorFields(error: unknown): unknown {
  return describe(error, MAX_CAUSES);
}

function describe(error: unknown, causesLeft: number): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const hasCode = typeof code === 'string';
  const fields: ErrorFields = {
    type: error.name,
    message: error.message,
    ...(hasCode && { code }),
    ...(!hasCode && error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined &&
      causesLeft > 0 && { cause: describe(error.cause, causesLeft - 1) }),
  };
  return fields;
}
