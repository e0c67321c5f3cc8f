import { Memory } from "./Memory";
import { Spend } from "./Spend";

/** The minds behind the conversation: how they are, what they cost, and what is remembered. */
export function Minds() {
  return (
    <div className="two">
      <Spend />
      <Memory />
    </div>
  );
}
