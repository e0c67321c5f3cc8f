// The few pictures on buttons, drawn in the line of the rest.
const LINE = { fill: "none", stroke: "currentColor", strokeWidth: 1.5 } as const;

const DRAWN = {
  play: <path d="M4 2.5v9l7-4.5z" fill="currentColor" />,
  restart: <path d="M11 4.5A5 5 0 1 0 12 8M11.6 1.5v3.4H8.2" {...LINE} />,
  power: <path d="M7 1.5v5M4 3.6a5 5 0 1 0 6 0" {...LINE} />,
  shell: <path d="M2 3.5 5.5 7 2 10.5M7.5 11H12" {...LINE} />,
  gauge: <path d="M1.8 10.5a5.6 5.6 0 1 1 10.4 0M7 8l2.5-3M2 13h10" {...LINE} />,
  server: <path d="M1.5 2h11v4h-11zM1.5 8h11v4h-11zM4 4h0M4 10h0" {...LINE} strokeLinecap="square" />,
  pulse: <path d="M.5 7.5h3l2-5 3 9 2-4h3" {...LINE} />,
  chat: <path d="M1.5 2h11v8h-6l-3 2.5V10h-2z" {...LINE} />,
  freeze: <path d="M4.5 2.5v9M9.5 2.5v9" {...LINE} strokeWidth={2.4} />,
  menu: <path d="M2 3.5h10M2 7h10M2 10.5h10" {...LINE} />,
  link: <path d="M6 8 8.5 5.5M5 6 3 8a2.1 2.1 0 0 0 3 3l2-2M6 5l2-2a2.1 2.1 0 0 1 3 3L9 8" {...LINE} />,
} as const;

export type IconName = keyof typeof DRAWN;

export function Icon({ name, size = 14 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 14 14" width={size} height={size} aria-hidden="true">
      {DRAWN[name]}
    </svg>
  );
}
