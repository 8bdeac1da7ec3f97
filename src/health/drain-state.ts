/** Whether this process is shutting down: from then on it is not ready, though it still serves. */
export class DrainState {
  private begun = false;

  get draining(): boolean {
    return this.begun;
  }

  /** Called once, on SIGTERM; there is no way back. */
  begin(): void {
    this.begun = true;
  }
}
