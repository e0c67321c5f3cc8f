import { useEffect, useRef } from "react";
import { usePrefs } from "../app/prefs";
import { onSamples, ringOf } from "../live/rings";

interface Props {
  ring: string;
  width: number;
  height: number;
  points?: number;
  /** The value at the top of the drawing; 1 for a share. */
  top?: number;
}

/** A line over the last samples, drawn by hand on a canvas. It holds the page's own samples and draws none it lacks. */
export function Spark({ ring, width, height, points = 60, top = 1 }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const mode = usePrefs((prefs) => prefs.mode);
  useEffect(() => {
    const draw = () => {
      const on = canvas.current;
      if (on && !document.hidden) drawLine(on, ringOf(ring).latest(points), points, top, mode === "jarvis");
    };
    draw();
    document.addEventListener("visibilitychange", draw);
    const off = onSamples(draw);
    return () => {
      off();
      document.removeEventListener("visibilitychange", draw);
    };
  }, [ring, points, top, mode]);
  return <canvas ref={canvas} className="spark" width={width} height={height} style={{ width, height }} aria-hidden="true" />;
}

function drawLine(canvas: HTMLCanvasElement, values: readonly number[], points: number, top: number, filled: boolean): void {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const { width, height } = canvas.style;
  const [w, h] = [Number.parseFloat(width), Number.parseFloat(height)];
  if (canvas.width !== w * scale) {
    canvas.width = w * scale;
    canvas.height = h * scale;
  }
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, w, h);
  if (values.length < 2) return;
  const style = getComputedStyle(document.documentElement);
  const color = style.getPropertyValue(filled ? "--accent" : "--text-2").trim();
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
