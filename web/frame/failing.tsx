import { Component, type ReactNode } from "react";

/** A screen that fails says so in its place; the others go on. */
export class Failing extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="screen">
        <div className="state fault" role="alert">
          <p>This screen failed to draw. Nothing was changed by that.</p>
          <button type="button" className="button" onClick={() => window.location.reload()}>
            Load it again
          </button>
        </div>
      </div>
    );
  }
}
