import { KIOSK_REASON } from "../app/kiosk";
import type { ButtonHTMLAttributes, ReactNode } from "react";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "plain" | "primary" | "danger";
  size?: "normal" | "small" | "icon";
  /** Why it cannot be pressed now: shown, and read to those who do not see it. */
  locked?: string | false | undefined;
  keys?: string | undefined;
  children: ReactNode;
}

/** A button that says why when it cannot be pressed; it never vanishes. */
export function Button({ look = "plain", size = "normal", locked, keys, children, className = "", title, ...rest }: Props) {
  // On a wall display there is nothing to press that would act: it is not even drawn.
  if (locked === KIOSK_REASON) return null;
  const looks = [look === "plain" ? "" : `btn-${look}`, size === "normal" ? "" : size === "icon" ? "btn-small btn-icon" : "btn-small"];
  return (
    <button
      type="button"
      {...rest}
      disabled={Boolean(locked) || rest.disabled}
      title={locked || title}
      className={`btn ${looks.join(" ")} ${className}`}
    >
      {children}
      {keys ? <kbd aria-hidden="true">{keys}</kbd> : null}
    </button>
  );
}
