import { expect, test } from "vitest";
import { Rounds } from "../../src/model/rounds";

test("of answers to one question the latest asked so far is shown, whatever order they come in", () => {
  const rounds = new Rounds();
  const [first, second, third] = [rounds.ask(), rounds.ask(), rounds.ask()];
  expect([first(), third(), second()]).toEqual([true, true, false]);
  const fourth = rounds.ask();
  expect([third(), fourth()]).toEqual([false, true]);
});
