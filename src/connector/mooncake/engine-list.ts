/** One engine of a prefiller. */
export interface Engine {
  /** Its data-parallel rank, in digits. */
  readonly rank: string;
  /** New at each start of the prefiller. */
  readonly id: string;
}

const RANK = /^(?:0|[1-9]\d{0,5})$/;
const MAX_ID_LENGTH = 1024;

/**
 * Reads what a bootstrap server of vLLM's MooncakeConnector answers to `GET /query`: an object of data-parallel rank
 * to `{"engine_id": string, …}`.
 *
 * @returns at least one engine
 * @throws Error for anything else, and where none has registered yet
 */
export function readEngines(text: string): readonly Engine[] {
  const answer: unknown = JSON.parse(text);
  if (!isObject(answer)) throw new Error('the answer is not an object');
  const engines = Object.entries(answer).map(([rank, engine]) => {
    if (!RANK.test(rank)) throw new Error(`"${rank.slice(0, 40)}" is not a rank`);
    const id = isObject(engine) ? engine['engine_id'] : undefined;
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH) {
      throw new Error(`rank ${rank} has no engine_id`);
    }
    return { rank, id };
  });
  if (engines.length === 0) throw new Error('no engine has registered yet');
  return engines;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
