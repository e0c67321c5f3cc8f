import { useMemo } from "react";
import type { Guest, Resource } from "../api/types";
import { live, useLive } from "../live/store";
import { driftOf } from "../model/drift";

/** What the manifests declare against what is, as lines of YAML. */
export function Drift() {
  const resources = useLive((state) => state.resources);
  const layout = useLive((state) => state.layout);
  const drifts = useMemo(() => listed(resources, live.get().guests), [resources, layout]);
  if (drifts.length === 0) return null;
  return (
    <div className="drift">
      {drifts.map(({ key, lines }) => (
        <figure key={key}>
          <figcaption className="mono dim">{key}</figcaption>
          <pre className="diff" tabIndex={0} aria-label={`Difference of ${key}`}>
            {lines.map((line) => (
              <span key={line.sign + line.text} className="diff-line" data-sign={line.sign}>
                {line.sign} {line.text}
                {"\n"}
              </span>
            ))}
          </pre>
        </figure>
      ))}
    </div>
  );
}

function listed(resources: ReadonlyMap<string, Resource>, guests: ReadonlyMap<number, Guest>) {
  const byResource = new Map([...guests.values()].flatMap((guest) => (guest.resource ? [[guest.resource, guest] as const] : [])));
  return [...resources.values()].flatMap((resource) => {
    const lines = driftOf(resource, byResource.get(resource.key));
    return lines.length > 0 ? [{ key: resource.key, lines }] : [];
  });
}
