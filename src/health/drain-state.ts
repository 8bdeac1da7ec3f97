/** Whether this process is shutting down: from then on it is not ready, though it still serves. */
export class DrainState {
  private begun = false;
  private refused = false;

  get draining(): boolean {
    return this.begun;
  }

  /** Called once, on SIGTERM; there is no way back. */
  begin(): void {
    this.begun = true;
  }

  /** Whether new requests are refused by now, where a program does that before its port closes. */
  get refusing(): boolean {
    return this.refused;
  }

  refuse(): void {
    this.refused = true;
  }
}
