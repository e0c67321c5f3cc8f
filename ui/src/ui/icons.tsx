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
  machine: <path d="M1.5 2h11v7.5h-11zM7 9.5v3M4 12.5h6" {...LINE} />,
  plug: <path d="M4.5 1v3.5M9.5 1v3.5M2.5 4.5h9V7a4.5 3.6 0 0 1-9 0zM7 10.6V13" {...LINE} />,
  plan: <path d="M5.5 3h7M5.5 7h7M5.5 11h7M1.5 3h1.8M1.5 7h1.8M1.5 11h1.8" {...LINE} />,
  file: <path d="M3 1.2h5l3.2 3.2v8.4H3zM8 1.2v3.2h3.2" {...LINE} />,
  book: <path d="M7 3.4C6 2.4 4 2.2 1.5 2.4v8.8C4 11 6 11.2 7 12.2zM7 3.4c1-1 3-1.2 5.5-1v8.8C10 11 8 11.2 7 12.2" {...LINE} />,
  trail: <path d="M7 1l5.2 1.8v4c0 3-2.2 5-5.2 6-3-1-5.2-3-5.2-6v-4zM4.6 6.8l1.8 1.8 3.2-3.4" {...LINE} />,
  clock: <path d="M7 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M7 4v3.2l2.4 1.4" {...LINE} />,
  disks: <path d="M2 3.5c0-2.6 10-2.6 10 0v7c0 2.6-10 2.6-10 0zM2 3.5c0 2.6 10 2.6 10 0M2 7c0 2.6 10 2.6 10 0" {...LINE} />,
  bulb: <path d="M5 10.2C5 8.6 3 8 3 5.3a4 4 0 0 1 8 0C11 8 9 8.6 9 10.2zM5.2 12.6h3.6" {...LINE} />,
  dials: <path d="M1.5 4h3.3M8.2 4h4.3M1.5 10h5.3M10.2 10h2.3M4.8 2.3h3.4v3.4H4.8zM6.8 8.3h3.4v3.4H6.8z" {...LINE} />,
  find: <path d="M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M9.4 9.4l3.3 3.3" {...LINE} />,
  out: <path d="M8.5 2h-6v10h6M6 7h7M10.4 4.3 13 7l-2.6 2.7" {...LINE} />,
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
