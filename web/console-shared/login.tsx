// The login in front of a console.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, explain, logIn, type StaffMember, whoAmI } from "./api";
import { Logo } from "./logo";

interface LoginProps {
  title: string;
  /** Draw the console for who is logged in; `logOut` leads back here. */
  children: (staff: StaffMember, loggedOut: () => void) => ComponentChildren;
}

type Standing = { kind: "asking" } | { kind: "out"; problem: string } | { kind: "in"; staff: StaffMember };

/** Show the console to who is logged in, and the login form to everybody else. */
export function WithLogin({ title, children }: LoginProps) {
  const [standing, setStanding] = useState<Standing>({ kind: "asking" });
  useEffect(() => {
    whoAmI().then(
      (staff) => setStanding({ kind: "in", staff }),
      (error: unknown) => {
        const isExpected = error instanceof ApiError && error.status === 401;
        setStanding({ kind: "out", problem: isExpected ? "" : explain(error) });
      },
    );
  }, []);
  if (standing.kind === "asking") return null;
  if (standing.kind === "in") {
    return <>{children(standing.staff, () => setStanding({ kind: "out", problem: "" }))}</>;
  }
  return (
    <LoginForm
      title={title}
      problem={standing.problem}
      onLogin={(staff) => setStanding({ kind: "in", staff })}
    />
  );
}

interface FormProps {
  title: string;
  problem: string;
  onLogin: (staff: StaffMember) => void;
}

function LoginForm({ title, problem, onLogin }: FormProps) {
  const [failure, setFailure] = useState(problem);
  const [isBusy, setIsBusy] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setIsBusy(true);
    logIn(String(form.get("name")), String(form.get("password"))).then(onLogin, (error: unknown) => {
      setFailure(explain(error));
      setIsBusy(false);
    });
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <Logo />
        <h1>{title}</h1>
        <label>
          Name
          <input name="name" autocomplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {failure !== "" && (
          <p class="problem" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
      </form>
    </main>
  );
}
