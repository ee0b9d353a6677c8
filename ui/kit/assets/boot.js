// Starts the application that the page names. The Content Security Policy allows no script in
// the page itself, so the page tells what to load by two links with known ids.

const addressOf = (id) => document.getElementById(id).href;

function sayThatItFailed() {
  document.getElementById("boot-loading")?.remove();
  document.getElementById("boot-late")?.remove();
  document.getElementById("boot-failed").hidden = false;
}

// An application that panics stays on the screen but no longer answers: say so.
const isTrap = (error) => error instanceof WebAssembly.RuntimeError;
addEventListener("error", (event) => isTrap(event.error) && sayThatItFailed());
addEventListener("unhandledrejection", (event) => isTrap(event.reason) && sayThatItFailed());

try {
  const { default: start } = await import(addressOf("app-module"));
  await start({ module_or_path: addressOf("app-wasm") });
} catch (error) {
  sayThatItFailed();
  console.error(error);
}
