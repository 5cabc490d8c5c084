// Gathers the compiled program into few files: finding some two hundred modules takes longer than running them. What is large and rarely
// wanted stays outside, and is loaded when it is used; so do packages with files of their own beside their code.
const ours = /^(?:#|@causeway\/(?:bridge|executor)(?:\/|$))/;
const local = /^[./]/;

export default {
  input: { main: "cli/dist/main.js" },
  platform: "node",
  external: (id) => !local.test(id) && !ours.test(id) && id !== "commander",
  output: { dir: "cli/dist/bundle", format: "esm", cleanDir: true },
  logLevel: "warn",
};
