import type { Autonomy } from "../api/types";

/** What Jarvis does of its own accord at each level: a word, and a sentence. */
export const LEVELS: { [level in Autonomy]: readonly [string, string] } = {
  L0: ["observe", "I only look and record"],
  L1: ["alert", "I say what is wrong and do nothing about it"],
  L2: ["recommend", "I plan each step; a person confirms it"],
  L3: ["act and report", "I carry out what is allowed and report it"],
  L4: ["act silently", "As L3, but only the audit says so"],
};
