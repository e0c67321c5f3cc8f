// The figures of guests. Every look changes those of all of them, so they stand in columns, apart from what seldom changes: a look
// at ten thousand guests makes a few columns anew and no object for each.
import type { Figures, Guest, ToldGuest } from "../api/types";

const COLUMNS = ["cpu", "maxCpu", "memBytes", "maxMemBytes", "diskBytes", "maxDiskBytes", "uptimeSeconds"] as const;
export type Column = (typeof COLUMNS)[number];
type Columns = { readonly [column in Column]: Float64Array };

/** Figures of one guest, in the units of the API; null where one is not known. */
export type OneGuest = { readonly [column in Column]: number | null };

/** Never changed in place: each change makes another. */
export class GuestFigures {
  static readonly none = new GuestFigures(new Map(), columnsOf(() => new Float64Array(0)), []);

  /** Where a guest stands in every column. */
  readonly #places: ReadonlyMap<number, number>;
  /** What is not known is not a number. */
  readonly #columns: Columns;
  readonly #seenAt: readonly (string | null)[];

  private constructor(places: ReadonlyMap<number, number>, columns: Columns, seenAt: readonly (string | null)[]) {
    this.#places = places;
    this.#columns = columns;
    this.#seenAt = seenAt;
  }

  get(vmid: number, column: Column): number | null {
    const value = this.#columns[column][this.#places.get(vmid) ?? -1];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  of(vmid: number): OneGuest {
    return Object.fromEntries(COLUMNS.map((column) => [column, this.get(vmid, column)])) as OneGuest;
  }

  seenAt(vmid: number): string | null {
    return this.#seenAt[this.#places.get(vmid) ?? -1] ?? null;
  }

  /** When the newest of these guests was seen. */
  newest(guests: Iterable<Guest>): string | null {
    let latest: string | null = null;
    for (const { vmid, unknownReason } of guests) {
      const at = unknownReason ? null : this.seenAt(vmid);
      if (at !== null && at !== latest && (latest === null || at > latest)) latest = at;
    }
    return latest;
  }

  /** With what came as columns: one that is left out did not change, a guest that is not known is passed over. */
  withColumns(groups: readonly Figures[]): GuestFigures {
    if (groups.length === 0) return this;
    const columns: { [column in Column]: Float64Array } = { ...this.#columns };
    const seenAt = [...this.#seenAt];
    for (const { seenAt: at, vmids, ...told } of groups) {
      const places = vmids.map((vmid) => this.#places.get(vmid));
      for (const place of places) if (place !== undefined) seenAt[place] = at;
      for (const column of COLUMNS) {
        const values = told[column];
        if (!values) continue;
        if (columns[column] === this.#columns[column]) columns[column] = columns[column].slice();
        const into = columns[column];
        places.forEach((place, index) => {
          if (place !== undefined) into[place] = values[index] ?? Number.NaN;
        });
      }
    }
    return new GuestFigures(this.#places, columns, seenAt);
  }

  /** With guests that were told whole, and without those that are gone. */
  withGuests(told: readonly ToldGuest[], removed: readonly number[] = []): GuestFigures {
    if (told.length + removed.length === 0) return this;
    const places = this.#placesWith(told, removed);
    const isMoved = places !== this.#places;
    const columns = columnsOf((column) => (isMoved ? this.#moved(this.#columns[column], places) : this.#columns[column].slice()));
    const seenAt = isMoved ? [...places.keys()].map((vmid) => this.seenAt(vmid)) : [...this.#seenAt];
    for (const { vmid, usage, uptimeSeconds, seenAt: at } of told) {
      const place = places.get(vmid) ?? -1;
      const one = { ...usage, uptimeSeconds };
      for (const column of COLUMNS) columns[column][place] = one[column] ?? Number.NaN;
      seenAt[place] = at;
    }
    return new GuestFigures(places, columns, seenAt);
  }

  #placesWith(told: readonly ToldGuest[], removed: readonly number[]): ReadonlyMap<number, number> {
    if (removed.length === 0 && told.every(({ vmid }) => this.#places.has(vmid))) return this.#places;
    const gone = new Set(removed);
    const places = new Map<number, number>();
    for (const vmid of this.#places.keys()) if (!gone.has(vmid)) places.set(vmid, places.size);
    for (const { vmid } of told) if (!places.has(vmid)) places.set(vmid, places.size);
    return places;
  }

  #moved(column: Float64Array, places: ReadonlyMap<number, number>): Float64Array {
    const moved = new Float64Array(places.size);
    for (const [vmid, place] of places) moved[place] = column[this.#places.get(vmid) ?? -1] ?? Number.NaN;
    return moved;
  }
}

function columnsOf(make: (column: Column) => Float64Array): { [column in Column]: Float64Array } {
  return Object.fromEntries(COLUMNS.map((column) => [column, make(column)])) as { [column in Column]: Float64Array };
}
