import type { Connection } from './connection.js';
import { closeAfter } from './http-server.js';

/** Which answers are the last ones of their connections. */
export class Ending {
  begun = false;
  /** Whether no new connection is accepted. */
  draining = false;

  constructor(private readonly connections: ReadonlySet<Connection>) {}

  /** What is being answered now is the last answer of its connection, and so is what comes. */
  begin(): void {
    this.begun = true;
    for (const connection of this.connections) {
      if (connection.busy && connection.response) closeAfter(connection, connection.response);
    }
  }

  /** There is no way back from it. */
  drain(): void {
    this.draining = true;
    this.begin();
  }

  /** What is answered from now on is not the last answer of its connection, unless this is a drain. */
  takeBack(): void {
    this.begun = this.draining;
  }
}
