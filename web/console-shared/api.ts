// The staff's HTTP API as typed functions; an error answer becomes an ApiError with the server's own words.

import type { ConversationSummary, TrainingJob, TranscriptItem } from "../shared/frames";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface StaffMember {
  name: string;
  role: "agent" | "operator";
}

export interface BotDescription {
  name: string;
  intents: { name: string; title: string }[];
  entities: string[];
  entity_roles?: Record<string, string[]>;
}

export interface Model {
  bundle_id: string;
  created_at: string;
  origin: string;
  is_champion: boolean;
  metrics: Record<string, unknown>;
}

export interface EntityCorrection {
  start: number;
  end: number;
  entity: string;
  value: string;
  role: string | null;
  group: string | null;
}

const PREFIX = "/api/v1";
const PAGE_SIZE = 50;

export const logIn = (name: string, password: string) =>
  request<StaffMember>("POST", "/auth/login", { name, password });
export const logOut = () => request<null>("POST", "/auth/logout");
export const whoAmI = () => request<StaffMember>("GET", "/auth/me");
export const describeBot = () => request<BotDescription>("GET", "/bot");

/** Give a page of conversations, the latest first, and whether there may be more. */
export async function findConversations(search: string, onlyUnhelpful: boolean, before: string | null) {
  const query = new URLSearchParams({ search, limit: String(PAGE_SIZE) });
  if (onlyUnhelpful) query.set("only_unhelpful", "true");
  if (before !== null) query.set("before", before);
  const page = await request<{ conversations: ConversationSummary[] }>("GET", `/conversations?${query}`);
  return { conversations: page.conversations, hasMore: page.conversations.length === PAGE_SIZE };
}

export const showConversation = (conversationId: string) =>
  request<{ summary: ConversationSummary; items: TranscriptItem[] }>(
    "GET",
    `/conversations/${encodeURIComponent(conversationId)}`,
  );
export const saveCorrection = (
  conversationId: string,
  sequence: number,
  correction: { intent: string; entities: EntityCorrection[] },
) =>
  request<TranscriptItem>(
    "PUT",
    `/conversations/${encodeURIComponent(conversationId)}/turns/${sequence}/correction`,
    correction,
  );
export const joinConversation = (conversationId: string) =>
  request<ConversationSummary>("POST", `/conversations/${encodeURIComponent(conversationId)}/handoff/join`);
export const closeHandoff = (conversationId: string) =>
  request<ConversationSummary>("POST", `/conversations/${encodeURIComponent(conversationId)}/handoff/close`);
export const writeToCustomer = (conversationId: string, text: string) =>
  request<ConversationSummary>("POST", `/conversations/${encodeURIComponent(conversationId)}/messages`, {
    text,
  });

export const findJobs = () => request<{ jobs: TrainingJob[] }>("GET", "/training/jobs");
export const startJob = () => request<TrainingJob>("POST", "/training/jobs");
export const findModels = () => request<{ models: Model[] }>("GET", "/models");
export const promoteModel = (bundleId: string) =>
  request<Model>("POST", `/models/${encodeURIComponent(bundleId)}/promote`);
export const rollBackModel = () => request<Model>("POST", "/models/rollback");

/** Say what went wrong in words for the page. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return "The server cannot be reached. Please try again.";
}

async function request<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(PREFIX + path, init);
  const text = await response.text();
  if (!response.ok) throw errorOf(response, text);
  return (text === "" ? null : JSON.parse(text)) as Answer;
}

function errorOf(response: Response, text: string): ApiError {
  try {
    const { code, message } = JSON.parse(text) as { code: string; message: string };
    return new ApiError(response.status, code, message);
  } catch {
    return new ApiError(response.status, "unreadable", `The server answered ${response.status}.`);
  }
}
