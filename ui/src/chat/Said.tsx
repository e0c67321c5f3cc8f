import { memo } from "react";
import { blocksOf } from "../model/speech";

/** Text as text: paragraphs and lists. What looks like a link, a picture or markup is shown as it was written. */
export const Said = memo(function Said({ text }: { text: string }) {
  return (
    <>
      {blocksOf(text).map((block, at) =>
        "items" in block ? (
          <ul key={at} className="said-list">{block.items.map((item, index) => <li key={index} dir="auto">{item}</li>)}</ul>
        ) : (
          <p key={at} className="said-text" dir="auto">{block.text}</p>
        ),
      )}
    </>
  );
});
