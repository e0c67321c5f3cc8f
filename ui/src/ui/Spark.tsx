import { useEffect, useRef } from "react";
import { usePrefs } from "../app/prefs";
import { onSamples, ringOf, watch } from "../live/rings";

interface Props {
  ring: string;
  /** In pixels; as wide as the place it stands in when left out. */
  width?: number;
  height: number;
  points?: number;
  /** The drawing reaches at least so high; above it what is highest in sight, with some room. */
  least?: number;
}

/** A line over the last samples, drawn by hand on a canvas. It holds the page's own samples and draws none it lacks. */
export function Spark({ ring, width, height, points = 60, least = 0.3 }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const mode = usePrefs((prefs) => prefs.mode);
  useEffect(() => watch(ring), [ring]);
  useEffect(() => {
    const draw = () => {
      const on = canvas.current;
      if (on && !document.hidden) drawLine(on, ringOf(ring).latest(points), points, least, mode === "jarvis");
    };
    draw();
    document.addEventListener("visibilitychange", draw);
    const off = onSamples(draw);
    return () => {
      off();
      document.removeEventListener("visibilitychange", draw);
    };
  }, [ring, points, least, mode]);
  return <canvas ref={canvas} className="spark" style={{ width: width ?? "100%", height }} aria-hidden="true" />;
}

function drawLine(canvas: HTMLCanvasElement, values: readonly number[], points: number, least: number, filled: boolean): void {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [canvas.clientWidth, canvas.clientHeight];
  if (w === 0) return;
  if (canvas.width !== Math.round(w * scale)) {
    canvas.width = Math.round(w * scale);
    canvas.height = Math.round(h * scale);
  }
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, w, h);
  if (values.length < 2) return;
  const top = Math.max(least, Math.max(...values) * 1.2);
  const color = penColor(filled);
  const x = (at: number) => w - 3 - ((values.length - 1 - at) * (w - 3)) / (points - 1);
  const y = (value: number) => h - 2 - Math.min(value / top, 1) * (h - 5);
  pen.beginPath();
  values.forEach((value, at) => (at === 0 ? pen.moveTo(x(at), y(value)) : pen.lineTo(x(at), y(value))));
  pen.strokeStyle = color;
  pen.lineWidth = 1.2;
  pen.lineJoin = "round";
  pen.stroke();
  if (filled) fillBelow(pen, x(0), x(values.length - 1), h, color);
  const last = values[values.length - 1] ?? 0;
  pen.beginPath();
  pen.arc(x(values.length - 1), y(last), 1.8, 0, 7);
  pen.fillStyle = color;
  pen.fill();
}

let known = { dress: "", color: "" };

/** Reading a token makes the browser work out styles, so it is read once for each dress of the page. */
function penColor(filled: boolean): string {
  const dress = `${document.documentElement.dataset["mode"]} ${matchMedia("(prefers-color-scheme: light)").matches}`;
  if (known.dress !== dress) {
    const style = getComputedStyle(document.documentElement);
    known = { dress, color: style.getPropertyValue(filled ? "--accent" : "--text-2").trim() };
  }
  return known.color;
}

function fillBelow(pen: CanvasRenderingContext2D, from: number, to: number, height: number, color: string): void {
  const wash = pen.createLinearGradient(0, 0, 0, height);
  wash.addColorStop(0, `${color}55`);
  wash.addColorStop(1, `${color}00`);
  pen.lineTo(to, height);
  pen.lineTo(from, height);
  pen.closePath();
  pen.fillStyle = wash;
  pen.fill();
}
