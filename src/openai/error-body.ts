/** The error object of OpenAI's API as vLLM fills it: `code` is the HTTP status. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    /** vLLM's name of the kind of error, such as `BadRequestError`. */
    readonly type: string;
    readonly param: string | null;
    readonly code: number | string;
    /** What an engine behind us answered, where that is worth telling. */
    readonly upstream?: { readonly status: number; readonly body: string };
  };
}

/** @returns the body of an error answer, ready to be sent as `application/json` */
export function errorBody(message: string, type: string, code: number | string): ErrorBody {
  return { error: { message, type, param: null, code } };
}
