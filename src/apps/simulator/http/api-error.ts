/** The error object of vLLM's answers. */
export interface ApiErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: number;
}

/** A request that is answered with an error, in vLLM's words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly param: string | null = null,
  ) {
    super(message);
  }

  get body(): ApiErrorBody {
    return { message: this.message, type: this.type, param: this.param, code: this.status };
  }

  /** A value that vLLM refuses after parsing, with the parameter it names, if it names one. */
  static badRequest(message: string, param?: string, value?: string | number): ApiError {
    if (param === undefined) return new ApiError(400, 'BadRequestError', message);
    const tail =
      value === undefined ? `(parameter=${param})` : `(parameter=${param}, value=${value})`;
    return new ApiError(400, 'BadRequestError', `${message} ${tail}`, param);
  }

  static unknownModel(asked: string, served: string): ApiError {
    const message = `The model \`${asked}\` does not exist. Valid aliases: ${served}.`;
    return new ApiError(404, 'NotFoundError', message, 'model');
  }

  /** What pydantic finds in a body, one line an error. */
  static validation(errors: readonly string[], param: string | null): ApiError {
    const label = errors.length === 1 ? 'error' : 'errors';
    const lines = errors.map((error) => `  ${error}`).join('\n');
    return new ApiError(
      400,
      'Bad Request',
      `${errors.length} validation ${label}:\n${lines}`,
      param,
    );
  }
}
