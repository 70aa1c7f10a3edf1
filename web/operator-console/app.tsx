// The operator's console: jobs and models around the reducer of state.ts, live through the staff socket.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import {
  explain,
  findJobs,
  findModels,
  promoteModel,
  rollBackModel,
  type StaffMember,
  startJob,
} from "../console-shared/api";
import { browserDeps, staffSocketUrl } from "../console-shared/browser";
import { Shell } from "../console-shared/shell";
import { StaffClient } from "../console-shared/staff-client";
import { JobComparison } from "./comparison";
import { Models } from "./models";
import {
  activeJob,
  emptyOperator,
  modelsVersion,
  type OperatorAction,
  reduceOperator,
  shownJob,
} from "./state";
import { JobHistory, Retrain } from "./training";

interface AppProps {
  staff: StaffMember;
  loggedOut: () => void;
}

export function App({ staff, loggedOut }: AppProps) {
  const [state, dispatch] = useReducer(reduceOperator, emptyOperator);
  useLine(dispatch, loggedOut);
  const version = modelsVersion(state);
  useEffect(() => {
    if (state.isLive) findJobs().then(({ jobs }) => dispatch({ type: "jobs_loaded", jobs }), ignore);
  }, [state.isLive]);
  useEffect(() => {
    if (version !== "") loadModels(dispatch);
  }, [version]);
  return (
    <Shell here="operator" staff={staff} isLive={state.isLive} onLogOut={loggedOut}>
      {staff.role === "operator" ? (
        <Console state={state} dispatch={dispatch} />
      ) : (
        <main class="works">
          <p class="card">Training is for operators. Ask one to log in, or go to the conversations.</p>
        </main>
      )}
    </Shell>
  );
}

interface ConsoleProps {
  state: typeof emptyOperator;
  dispatch: Dispatch;
}

function Console({ state, dispatch }: ConsoleProps) {
  const [jobFailure, setJobFailure] = useState("");
  const [modelFailure, setModelFailure] = useState("");
  const shown = shownJob(state);
  const start = (): void => {
    startJob().then(
      (job) => {
        setJobFailure("");
        dispatch({ type: "job_changed", job });
      },
      (error: unknown) => setJobFailure(explain(error)),
    );
  };
  const swap = (doing: Promise<unknown>): void => {
    doing.then(
      () => {
        setModelFailure("");
        loadModels(dispatch);
      },
      (error: unknown) => setModelFailure(explain(error)),
    );
  };
  return (
    <main class="works">
      <Retrain job={activeJob(state)} failure={jobFailure} onStart={start} />
      {shown !== null && <JobComparison job={shown} />}
      <Models
        models={state.models}
        servedId={state.servedId}
        failure={modelFailure}
        onPromote={(bundleId) => swap(promoteModel(bundleId))}
        onRollBack={() => swap(rollBackModel())}
      />
      <JobHistory
        jobs={state.jobs}
        shownId={shown?.job_id ?? null}
        onShow={(jobId) => dispatch({ type: "job_shown", jobId })}
      />
    </main>
  );
}

type Dispatch = (action: OperatorAction) => void;

function useLine(dispatch: Dispatch, loggedOut: () => void): void {
  const client = useMemo(
    () =>
      new StaffClient(staffSocketUrl(), browserDeps, {
        received: (frame) => dispatch({ type: "frame", frame }),
        lineChanged: (isUp) => dispatch({ type: "line_changed", isLive: isUp }),
        loggedOut,
      }),
    [],
  );
  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);
}

function loadModels(dispatch: Dispatch): void {
  findModels().then(({ models }) => dispatch({ type: "models_loaded", models }), ignore);
}

/** The line is down: "Reconnecting…" says so, and everything is read again when it is back. */
function ignore(): void {}
