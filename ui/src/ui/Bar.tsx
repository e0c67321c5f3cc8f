interface Props {
  /** 0 to 1; null when not known. */
  value: number | null;
  /** In percent. */
  limit?: number | undefined;
  stale?: boolean | undefined;
}

/** A level with the tick of its threshold. The figure stands beside it as text, so that it is hidden from readers. */
export function Bar({ value, limit, stale }: Props) {
  const over = value !== null && limit !== undefined && value * 100 > limit;
  return (
    <div className="bar" aria-hidden="true" data-over={over ? "" : undefined} data-stale={stale ? "" : undefined}>
      {value === null ? null : <i style={{ transform: `scaleX(${Math.min(Math.max(value, 0), 1)})` }} />}
      {limit === undefined ? null : <b style={{ left: `calc(${Math.min(limit, 100)}% - 2px)` }} />}
    </div>
  );
}
