import { beforeAll, expect, test, vi } from "vitest";

let dimAfter: (search: string) => number;
beforeAll(async () => {
  vi.stubGlobal("location", { search: "?kiosk=1" });
  vi.stubGlobal("window", { matchMedia: () => ({ matches: false }), innerWidth: 1920 });
  ({ dimAfter } = await import("../../src/app/kiosk"));
});

test("a wall display dims after ten minutes, or as it is told", () => {
  expect(["", "?dim=", "?dim=30", "?dim=0", "?dim=0.1"].map(dimAfter)).toEqual([10, 10, 30, 0, 0.1]);
  expect(["?dim=never", "?dim=-1", "?dim=1e9"].map(dimAfter)).toEqual([10, 10, 1440]);
});
