// What is derived from the store is derived once, however many components ask for it.

/**
 * Keeps the last result while it is asked for with the very same things. `make` is handed that result, so that it can
 * give it back where it is asked with something else that comes to the same.
 */
export function once<A extends unknown[], R>(make: (before: R | undefined, ...of: A) => R): (...of: A) => R {
  let kept: { of: A; result: R } | undefined;
  return (...of) => {
    if (!kept?.of.every((one, at) => one === of[at])) kept = { of, result: make(kept?.result, ...of) };
    return kept.result;
  };
}
