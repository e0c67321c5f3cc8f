import { Spend } from "./Spend";

/** The minds behind the conversation: how they are, and what they cost. */
export function Minds() {
  return <div className="one"><Spend /></div>;
}
