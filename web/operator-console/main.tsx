// Entry of the operator's console.

import { render } from "preact";
import { WithLogin } from "../console-shared/login";
import { App } from "./app";

const root = document.querySelector("#root");
if (root !== null) {
  render(
    <WithLogin title="Operator console">
      {(staff, loggedOut) => <App staff={staff} loggedOut={loggedOut} />}
    </WithLogin>,
    root,
  );
}
