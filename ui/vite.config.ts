import react from "@vitejs/plugin-react";
import tailwind from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";

// `make ui` serves the sources here and passes everything that is Jarvis's own on to a running one.
const jarvis = process.env["JARVIS_URL"] ?? "http://127.0.0.1:7474";
const own = ["/graphql", "/auth", "/api", "/terminal", "/mcp", "/metrics"];

export default defineConfig({
  plugins: [react(), tailwind()],
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 600, sourcemap: false },
  server: {
    host: "127.0.0.1",
    port: 5174,
    strictPort: true,
    proxy: Object.fromEntries(
      own.map((path) => [path, { target: jarvis, ws: true, changeOrigin: true, headers: { origin: jarvis } }]),
    ),
  },
  test: { include: ["tests/unit/**/*.test.ts"], environment: "node" },
});
