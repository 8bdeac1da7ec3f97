import type { IncomingMessage } from 'node:http';
import {
  findMember,
  readNestedObject,
  type JsonMember,
  type JsonObject,
} from '../../../openai/json-object.js';
import type { PromptTokens } from '../../../kv-events/prompt-tokens.js';
import { promptText } from '../../../openai/prompt-text.js';
import { MAX_TEXT, type RequestFeatures } from '../../../policy/policy.js';
import { headerLines } from '../../../proxy/header-lines.js';

/** Where sessions are named. */
export interface SessionNames {
  /** Lower case, in order. */
  readonly headers: readonly string[];
  /** Members of the body, `outer.inner` for one inside of another, asked in order after the headers. */
  readonly fields: readonly string[];
}

/** What policies are told of a request, worked out when one asks: most look at nothing. */
export class LazyFeatures implements RequestFeatures {
  /** Set where a policy wants it; always there, so that all requests have one shape. */
  prompt: PromptTokens | undefined = undefined;
  private knownText: string | undefined;
  private knownKey: { readonly key: string | undefined } | undefined;

  /** @param body its top level, where it is a JSON object */
  constructor(
    private readonly request: IncomingMessage,
    private readonly body: JsonObject | undefined,
    private readonly sessions: SessionNames,
    readonly explain = false,
  ) {}

  get text(): string {
    return (this.knownText ??= this.body ? promptText(this.body, MAX_TEXT) : '');
  }

  get sessionKey(): string | undefined {
    return (this.knownKey ??= { key: this.keyInHeaders() ?? this.keyInBody() }).key;
  }

  private keyInHeaders(): string | undefined {
    for (const name of this.sessions.headers) {
      if (this.request.headers[name] === undefined) continue;
      const [first] = headerLines(this.request, name);
      if (first) return first;
    }
    return undefined;
  }

  private keyInBody(): string | undefined {
    if (!this.body) return undefined;
    for (const field of this.sessions.fields) {
      const value = memberAt(this.body, field.split('.'));
      if ((typeof value === 'string' && value !== '') || typeof value === 'number') {
        return String(value);
      }
    }
    return undefined;
  }
}

/** Looked up in the parsed top level, never searched in the text: a prompt can hold any text. */
function memberAt(object: JsonObject, [name, ...rest]: string[]): unknown {
  const member = findMember(object, name!);
  if (!member) return undefined;
  if (rest.length > 0) {
    const nested = readNestedObject(object, member);
    return nested && memberAt(nested, rest);
  }
  return valueOf(object, member);
}

function valueOf(object: JsonObject, member: JsonMember): unknown {
  try {
    return JSON.parse(object.bytes.toString('utf8', member.valueStart, member.valueEnd));
  } catch {
    // The scanner leaves it to engines to judge what is inside of strings.
    return undefined;
  }
}
