import { useEffect } from "react";
import { useParams } from "wouter";
import { useLive } from "../live/store";
import { TerminalPanel } from "../term/TerminalPanel";
import { openShell } from "../term/shells";

/** Terminals on the whole page; `/shell/node/atlas` opens one at once. */
export function Shells() {
  const { "*": target } = useParams<{ "*"?: string }>();
  const cluster = useLive((state) => state.clusters[0]);
  const name = useLive((state) => (target?.startsWith("guest/") ? state.guests.get(Number(target.slice(6)))?.name : undefined));
  useEffect(() => {
    if (cluster && target && /^(node\/[\w.-]+|guest\/\d+)$/.test(target)) openShell(cluster, target, name ?? target.slice(target.indexOf("/") + 1));
  }, [cluster, target, name]);
  return <div className="one"><TerminalPanel full /></div>;
}
