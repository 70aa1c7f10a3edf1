// The agent's console: list and transcript around the reducer of state.ts, live through the staff socket.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import {
  ApiError,
  type BotDescription,
  describeBot,
  findConversations,
  type StaffMember,
  showConversation,
} from "../console-shared/api";
import { browserDeps, staffSocketUrl } from "../console-shared/browser";
import { Shell } from "../console-shared/shell";
import { StaffClient } from "../console-shared/staff-client";
import { ConversationList } from "./conversation-list";
import { EntityTypes } from "./highlighted";
import { loadSeen, saveSeen } from "./seen";
import { type AgentAction, type AgentState, oldestShown, reduceAgent, startState } from "./state";
import { Transcript } from "./transcript";

interface AppProps {
  staff: StaffMember;
  loggedOut: () => void;
}

const SEARCH_PAUSE_MS = 250;

export function App({ staff, loggedOut }: AppProps) {
  const [state, dispatch] = useReducer(reduceAgent, null, () => startState(loadSeen(), namedInAddress()));
  const [bot, setBot] = useState<BotDescription | null>(null);
  const client = useStaffClient(dispatch, loggedOut);
  const { search, onlyUnhelpful, isLive, seen, selectedId } = state;
  const isOpenUnknown = isLive && state.open === null;

  useEffect(() => {
    describeBot().then(setBot, () => undefined);
  }, []);
  useEffect(() => saveSeen(seen), [seen]);
  useEffect(() => {
    const handle = setTimeout(
      () => loadPage(dispatch, { search, onlyUnhelpful }, null),
      isLive ? SEARCH_PAUSE_MS : 0,
    );
    return () => clearTimeout(handle);
  }, [search, onlyUnhelpful, isLive]);
  useEffect(() => {
    client.follow(selectedId);
    history.replaceState(
      null,
      "",
      selectedId === null ? location.pathname : `#${encodeURIComponent(selectedId)}`,
    );
  }, [client, selectedId]);
  useEffect(() => {
    if (selectedId !== null && isOpenUnknown) loadOpen(dispatch, selectedId);
  }, [selectedId, isOpenUnknown]);
  useHash(dispatch);

  return (
    <Shell here="agent" staff={staff} isLive={isLive} onLogOut={loggedOut}>
      <main class={selectedId === null ? "desk" : "desk has-open"}>
        <ConversationList
          state={state}
          onSearch={(text) => dispatch({ type: "searched", search: text })}
          onNarrow={(isOn) => dispatch({ type: "narrowed", onlyUnhelpful: isOn })}
          onSelect={(conversationId) => dispatch({ type: "selected", conversationId })}
          onMore={() => loadPage(dispatch, { search, onlyUnhelpful }, oldestShown(state))}
        />
        {selectedId === null ? (
          <section class="transcript nothing">
            <p>Choose a conversation on the left.</p>
          </section>
        ) : (
          <EntityTypes.Provider value={bot?.entities ?? []}>
            <Transcript
              key={selectedId}
              conversationId={selectedId}
              summary={state.open}
              items={state.items}
              bot={bot}
              onSummary={(summary) => dispatch({ type: "summary_changed", summary })}
              onItem={(item) => dispatch({ type: "item_changed", conversationId: selectedId, item })}
              onBack={() => dispatch({ type: "selected", conversationId: null })}
            />
          </EntityTypes.Provider>
        )}
      </main>
    </Shell>
  );
}

type Dispatch = (action: AgentAction) => void;

function useStaffClient(dispatch: Dispatch, loggedOut: () => void): StaffClient {
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
  return client;
}

/** Follow the address when an agent opens another's link in this tab. */
function useHash(dispatch: Dispatch): void {
  useEffect(() => {
    const open = (): void => dispatch({ type: "selected", conversationId: namedInAddress() });
    addEventListener("hashchange", open);
    return () => removeEventListener("hashchange", open);
  }, [dispatch]);
}

/** The address may name a conversation, so that agents can send each other links. */
function namedInAddress(): string | null {
  try {
    const conversationId = decodeURIComponent(location.hash.slice(1));
    return conversationId === "" ? null : conversationId;
  } catch {
    return null; // no address that we made
  }
}

/** An open conversation that is not in the list, since it is older or its address was given. */
function loadOpen(dispatch: Dispatch, conversationId: string): void {
  showConversation(conversationId).then(
    ({ summary }) => dispatch({ type: "summary_changed", summary }),
    (error: unknown) => {
      if (error instanceof ApiError) dispatch({ type: "selected", conversationId: null });
    },
  );
}

type Filter = Pick<AgentState, "search" | "onlyUnhelpful">;

function loadPage(dispatch: Dispatch, filter: Filter, before: string | null): void {
  findConversations(filter.search, filter.onlyUnhelpful, before).then(
    (page) => dispatch({ type: "page_loaded", ...filter, isFirst: before === null, ...page }),
    () => undefined, // the line is down: "Reconnecting…" says so, and the list is read again when it is back
  );
}
