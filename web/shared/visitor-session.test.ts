import { expect, test } from "vitest";
import { keepIn } from "./visitor-session";

class FakeStorage implements Storage {
  readonly #values = new Map<string, string>();
  get length(): number {
    return this.#values.size;
  }
  clear(): void {
    this.#values.clear();
  }
  getItem(key: string): string | null {
    return this.#values.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.#values.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.#values.delete(key);
  }
  setItem(key: string, value: string): void {
    this.#values.set(key, value);
  }
}

const session = { conversationId: "c1", token: "t1" };

test("a session is kept per server until it is forgotten, with what was read", () => {
  const storage = new FakeStorage();
  const keeper = keepIn(storage, "https://a.test");
  keeper.save(session);
  keeper.saveRead(7);
  keeper.saveRatings([{ answerSequence: 5, isHelpful: false, status: "waiting" }]);

  expect(keepIn(storage, "https://a.test").load()).toEqual(session);
  expect(keepIn(storage, "https://a.test").loadRead()).toBe(7);
  expect(keepIn(storage, "https://a.test").loadRatings()).toMatchObject([{ answerSequence: 5 }]);
  expect(keepIn(storage, "https://b.test").load()).toBeNull();

  keeper.forget();

  expect(keeper.load()).toBeNull();
  expect(keeper.loadRead()).toBe(0);
  expect(keeper.loadRatings()).toEqual([]);
});

test("what is damaged in the storage counts as nothing", () => {
  const storage = new FakeStorage();
  storage.setItem("spandesk:session:s", "{broken");
  storage.setItem("spandesk:outbox:s", JSON.stringify([{ text: "no id" }, 3]));

  expect(keepIn(storage, "s").load()).toBeNull();
  storage.setItem("spandesk:ratings:s", JSON.stringify([{ answerSequence: "5" }, null]));
  expect(keepIn(storage, "s").loadOutbox()).toEqual([]);
  expect(keepIn(storage, "s").loadRatings()).toEqual([]);
});

test("without storage nothing is kept and nothing breaks", () => {
  const keeper = keepIn(null, "s");
  keeper.save(session);

  expect(keeper.load()).toBeNull();
  expect(keeper.loadOutbox()).toEqual([]);
});
