import type { SidecarFixture } from './sidecar-fixture.js';

export interface PrefillRequestOptions {
  readonly path?: string;
  /** Beside the content type; an own `x-prefiller-host-port` replaces the fixture's prefiller. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends a request that is to be prefilled at the fixture's prefiller. */
export function postPrefilled(
  fixture: Pick<SidecarFixture, 'url' | 'prefiller'>,
  body: string | Buffer,
  { path = '/v1/chat/completions', headers = {}, signal }: PrefillRequestOptions = {},
): Promise<Response> {
  return fetch(fixture.url + path, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'x-prefiller-host-port': fixture.prefiller.hostPort,
      ...headers,
    },
    ...(signal && { signal }),
  });
}

/** The error object of an answer that the sidecar made. */
export interface ErrorObject {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: number | string;
  readonly upstream?: { readonly status: number; readonly body: string };
}

/** Reads the body of an error answer. */
export async function errorOf(answer: Response): Promise<ErrorObject> {
  return ((await answer.json()) as { error: ErrorObject }).error;
}
