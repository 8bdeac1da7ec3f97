const ID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** @returns the fresh uuids that name hand-overs in a body */
export function handOversIn(body: Buffer | string): string[] {
  return [...(body.toString().match(ID) ?? [])];
}

/** A body in which the hand-overs are called U, V and so on, as they first come in all of them. */
export function withNamedHandOvers(...bodies: (Buffer | string)[]): string[] {
  const names: string[] = [];
  return bodies.map((body) =>
    body.toString().replaceAll(ID, (id) => {
      if (!names.includes(id)) names.push(id);
      return 'UVWXYZ'[names.indexOf(id)]!;
    }),
  );
}
