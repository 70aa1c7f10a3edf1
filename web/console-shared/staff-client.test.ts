import { expect, test } from "vitest";
import { FakeSocket, FakeTimers } from "../shared/fakes";
import { StaffClient } from "./staff-client";

function makeClient() {
  const sockets: FakeSocket[] = [];
  const timers = new FakeTimers();
  const seen: string[] = [];
  const deps = {
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    timers,
    random: () => 0,
  };
  const client = new StaffClient("ws://shop.test/api/v1/staff", deps, {
    received: (frame) => seen.push(frame.type),
    lineChanged: (isUp) => seen.push(isUp ? "up" : "down"),
    loggedOut: () => seen.push("logged out"),
  });
  client.start();
  return { client, sockets, timers, seen };
}

test("the followed conversation is followed again after a break", () => {
  const { client, sockets, timers, seen } = makeClient();
  sockets[0]?.open();
  client.follow("c1");
  sockets[0]?.close(1006);
  timers.advance(250);
  sockets[1]?.open();

  expect(sockets[1]?.sent).toEqual([{ type: "subscribe", conversation_id: "c1" }]);
  expect(seen).toEqual(["up", "down", "up"]);
});

test("a line that is closed for want of a login stays closed", () => {
  const { sockets, timers, seen } = makeClient();
  sockets[0]?.open();
  sockets[0]?.close(4401);
  timers.advance(60_000);

  expect(sockets).toHaveLength(1);
  expect(seen).toEqual(["up", "down", "logged out"]);
});

test("frames reach the listener", () => {
  const { sockets, seen } = makeClient();
  sockets[0]?.open();
  sockets[0]?.deliver({ type: "model", bundle_id: "b1" });

  expect(seen).toEqual(["up", "model"]);
});
