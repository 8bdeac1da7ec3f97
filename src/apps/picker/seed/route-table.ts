/** A route of the proxy: an entry of `routes.json`. */
export interface Route {
  readonly name: string;
  readonly model: string;
  readonly pathPrefix: string;
}

/** Why a request may not be served on its route. */
export interface RouteMistake {
  readonly status: 400 | 404;
  readonly message: string;
  /** The member of the body that it is about. */
  readonly param?: string;
}

/** Says which model a request is for, by the route on which the proxy got it. */
export class RouteTable {
  private readonly byName: ReadonlyMap<string, Route>;
  private readonly byPrefix: readonly Route[];

  /** @param routes no name twice; none where there is no file: then only the model decides */
  constructor(routes: readonly Route[]) {
    this.byName = new Map(routes.map((route) => [route.name, route]));
    this.byPrefix = routes.toSorted((a, b) => b.pathPrefix.length - a.pathPrefix.length);
  }

  /**
   * @param name of the proxy's route, where it tells it
   * @param path without its query
   * @param model that the body names; '' for none @param hasBody a body was read
   * @returns the model to be served, '' for any; or why it cannot be
   */
  modelFor(
    name: string | undefined,
    path: string,
    model: string,
    hasBody: boolean,
  ): string | RouteMistake {
    const named = name === undefined ? undefined : this.byName.get(name);
    if (named && !path.startsWith(named.pathPrefix)) {
      return {
        status: 404,
        message: `Path ${path} is not of route ${named.name}, whose paths begin with ${named.pathPrefix}.`,
      };
    }
    const route = named ?? this.byPrefix.find(({ pathPrefix }) => path.startsWith(pathPrefix));
    if (!hasBody) return route?.model ?? '';
    if (model === '') return MISSING;
    if (route && route.model !== model) {
      return {
        status: 400,
        message: `Model ${model} is not that of route ${route.name}, which serves ${route.model}.`,
        param: 'model',
      };
    }
    return model;
  }
}

const MISSING: RouteMistake = {
  status: 400,
  message: "Invalid request: missing 'model' in request body.",
  param: 'model',
};
