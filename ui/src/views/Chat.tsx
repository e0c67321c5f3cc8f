import { useState } from "react";
import { Talks } from "../chat/Talks";
import { Conversation } from "../panels/Conversation";

/** The conversation on a page of its own, with those there were before. */
export function Chat() {
  const [isListed, setListed] = useState(false);
  return (
    <div className="chat-page" data-listed={isListed ? "" : undefined}>
      <Talks onChosen={() => setListed(false)} />
      <Conversation full onList={() => setListed(true)} />
    </div>
  );
}
