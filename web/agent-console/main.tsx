// Entry of the agent's console.

import { render } from "preact";
import { WithLogin } from "../console-shared/login";
import { App } from "./app";

const root = document.querySelector("#root");
if (root !== null) {
  render(
    <WithLogin title="Agent console">
      {(staff, loggedOut) => <App staff={staff} loggedOut={loggedOut} />}
    </WithLogin>,
    root,
  );
}
