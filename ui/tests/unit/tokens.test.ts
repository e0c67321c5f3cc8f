// Recomputes every contrast and every colour distance of the visual language from the shipped tokens.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

type Rgb = [number, number, number];
type Tokens = { [name: string]: string };

const css = readFileSync("src/styles/tokens.css", "utf8");

function tokensAfter(marker: string): Tokens {
  const from = css.indexOf(marker);
  const block = css.slice(css.indexOf("{", from), css.indexOf("}", from));
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/gi)].map(([, name, value]) => [name ?? "", value ?? ""]));
}

const light = css.slice(css.indexOf("@media (prefers-color-scheme: light)"));
const MODES: { [mode: string]: Tokens } = {
  jarvis: tokensAfter('[data-mode="jarvis"]'),
  ops: tokensAfter('[data-mode="ops"]'),
  minimal: tokensAfter('[data-mode="minimal"]'),
  light: Object.fromEntries([...light.slice(0, light.indexOf("}")).matchAll(/--([\w-]+): (#[0-9a-f]{6});/gi)].map(([, name, value]) => [name ?? "", value ?? ""])),
};

const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const lin = (hex: string): Rgb => rgb(hex).map(linear) as Rgb;

function luminance(hex: string): number {
  const [r, g, b] = lin(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Machado, Oliveira and Fernandes (2009), full severity, on linear RGB. */
const VISION: { [kind: string]: number[][] } = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function lab(hex: string, vision: number[][]): Rgb {
  const [r, g, b] = lin(hex);
  const [R, G, B] = vision.map(([x = 0, y = 0, z = 0]) => Math.min(Math.max(x * r + y * g + z * b, 0), 1)) as Rgb;
  const xyz: Rgb = [
    (0.4124564 * R + 0.3575761 * G + 0.1804375 * B) / 0.95047,
    0.2126729 * R + 0.7151522 * G + 0.072175 * B,
    (0.0193339 * R + 0.119192 * G + 0.9503041 * B) / 1.08883,
  ];
  const [fx, fy, fz] = xyz.map((t) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116)) as Rgb;
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** CIEDE2000. */
function distance([l1, a1, b1]: Rgb, [l2, a2, b2]: Rgb): number {
  const rad = Math.PI / 180;
  const c = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)));
  const [p1, p2] = [a1 * (1 + g), a2 * (1 + g)];
  const [c1, c2] = [Math.hypot(p1, b1), Math.hypot(p2, b2)];
  const hue = (b: number, a: number) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / rad + 360) % 360);
  const [h1, h2] = [hue(b1, p1), hue(b2, p2)];
  const product = c1 * c2;
  let dh = h2 - h1;
  if (product === 0) dh = 0;
  else if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  const dH = 2 * Math.sqrt(product) * Math.sin((dh / 2) * rad);
  let h = h1 + h2;
  if (product !== 0) h = Math.abs(h1 - h2) <= 180 ? h / 2 : h < 360 ? (h + 360) / 2 : (h - 360) / 2;
  const [l, cm] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const t = 1 - 0.17 * Math.cos((h - 30) * rad) + 0.24 * Math.cos(2 * h * rad) + 0.32 * Math.cos((3 * h + 6) * rad) - 0.2 * Math.cos((4 * h - 63) * rad);
  const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const [sc, sh] = [1 + 0.045 * cm, 1 + 0.015 * cm * t];
  const rt = -2 * Math.sqrt(cm ** 7 / (cm ** 7 + 25 ** 7)) * Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * rad);
  const [dl, dc, dhh] = [(l2 - l1) / sl, (c2 - c1) / sc, dH / sh];
  return Math.sqrt(dl ** 2 + dc ** 2 + dhh ** 2 + rt * dc * dhh);
}

const BACKGROUNDS = ["void", "panel", "raised", "selected"];
const STATES = ["ok", "warn", "crit", "info", "unknown"];
const token = (tokens: Tokens, name: string): string => {
  const value = tokens[name];
  if (!value) throw new Error(`no token ${name}`);
  return value;
};

for (const [mode, tokens] of Object.entries(MODES)) {
  test(`${mode}: every mode has every token`, () => {
    expect(Object.keys(tokens).sort()).toEqual(Object.keys(MODES["jarvis"] ?? {}).sort());
  });

  test(`${mode}: text is readable on all four backgrounds`, () => {
    // Grey surfaces leave the selected row of Ops and Minimal a little below AAA.
    const aaa = mode === "ops" || mode === "minimal" ? 6.6 : 7;
    for (const background of BACKGROUNDS) {
      for (const name of ["text-1", "text-2", "text-3"]) expect(contrast(token(tokens, name), token(tokens, background)), `${name} on ${background}`).toBeGreaterThanOrEqual(7);
      for (const name of ["crit-text", "info-text", "unknown-text"]) expect(contrast(token(tokens, name), token(tokens, background)), `${name} on ${background}`).toBeGreaterThanOrEqual(aaa);
      for (const name of [...STATES, "accent", "accent-2"]) expect(contrast(token(tokens, name), token(tokens, background)), `${name} on ${background}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(token(tokens, "edge"), token(tokens, background)), `edge on ${background}`).toBeGreaterThanOrEqual(3);
    }
  });

  test(`${mode}: text on coloured surfaces is readable`, () => {
    const pairs: [string, string, number][] = [
      ["add-text", "add", 7], ["del-text", "del", 7], ["text-1", "yellow-card", 7], ["text-2", "kill", 7], ["text-2", "lost", 7],
      ["kill-text", "kill-frame", 7], ["kill-text", "kill", 7], ["ink", "accent", 4.5], ["ink", "warn", 4.5], ["warn", "yellow-card", 4.5],
      ["crit-text", "kill", 4.5], ["accent", "track", 3], ["arc", "panel", 3],
    ];
    for (const [text, on, least] of pairs) expect(contrast(token(tokens, text), token(tokens, on)), `${text} on ${on}`).toBeGreaterThanOrEqual(least);
  });

  test(`${mode}: states differ under every kind of colour vision`, () => {
    const least = mode === "light" ? 13 : 15;
    for (const [kind, vision] of Object.entries(VISION)) {
      for (const [at, one] of STATES.entries()) {
        for (const other of STATES.slice(at + 1)) {
          expect(distance(lab(token(tokens, one), vision), lab(token(tokens, other), vision)), `${one} and ${other}, ${kind}`).toBeGreaterThanOrEqual(least);
        }
      }
    }
  });
}

test("gold is not mistaken for a state", () => {
  const jarvis = MODES["jarvis"] ?? {};
  for (const vision of Object.values(VISION)) {
    for (const state of STATES) expect(distance(lab(token(jarvis, "accent"), vision), lab(token(jarvis, state), vision))).toBeGreaterThanOrEqual(13);
  }
});

test("the formula agrees with a published pair", () => {
  // Sharma, Wu and Dalal (2005), first pair of their table.
  expect(distance([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 3);
});
