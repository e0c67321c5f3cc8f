// Whether somebody was signed in here when the page was last seen: then it is fetched before the server has said so again.
const KEY = "jarvis.here";

export function hasBeenHere(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function setBeenHere(isHere: boolean): void {
  try {
    if (isHere) localStorage.setItem(KEY, "1");
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing waits a moment longer.
  }
}
